"""The panel of one matter: the state of the whole and of each record there, and whether a sync may be started."""

import uuid
from dataclasses import dataclass
from typing import Any

from casehug.intake.models import Matter
from integrations.contract.provider import Provider
from integrations.mappings.services import mapping_for
from integrations.models import Connection
from integrations.selectors.completeness import hint
from integrations.selectors.form_plan import FORM, plan_for
from integrations.selectors.progress import LATE, Progress, progress_of
from integrations.selectors.runs import trigger_words
from integrations.selectors.states import NOT_SENT, WORDS, SyncState, state_of_matter
from integrations.sync.states import MatterSync, StepState, sync_state

HOW = {
    "created": "Created by CaseHug.",
    "matched_email": "Linked to the contact found by e-mail; its fields were not changed.",
    "inline": "Written together with the contact.",
    "by_hand": "Linked by a person.",
    "reconciled": "Found again after an unanswered call.",
    "form": "Made by the form.",
}
UNANSWERED = "Sent, but no answer came back; we look before anything is repeated."
GONE = "{stage} no longer exists; the matter waits until another stage is chosen."
NO_STAGE = "No stage is chosen for this case type."
LATER = "Follows when the intake is complete."
BY_HAND = ("manual", "retry", "api")
"""A sync by hand writes a note about an open intake too; others wait until it is complete."""
STEP_WORDS = {"running": ("running", "Syncing"), "waiting": ("waiting", "Waiting"), "failed": ("failed", "Failed")}


@dataclass(frozen=True)
class Panel:
    """What the panel shows. `blocked` is why the sync button is disabled, "" when it may be pressed.

    `after` says what happens to a press now, when it would have to wait; `late` that nobody works on a due sync.
    """

    provider: Provider
    connection: Connection | None
    matter: Matter
    sync: MatterSync | None
    state: SyncState
    steps: list[dict[str, Any]]
    trigger: str
    blocked: str
    after: str
    late: str
    may_cancel: bool
    hint: str = ""
    """What a new contact there would still lack; shown before the first sync, never a reason not to sync."""

    @property
    def to_review(self) -> list[StepState]:
        """The steps whose record was linked with doubt; each is decided under “Matches to review”."""
        return [step for step in self.sync.steps if step.review and step.link_id] if self.sync else []


@dataclass(frozen=True)
class _CaseOf:
    case_type_key: str
    practice_area: str


def panel_for(*, declared: Provider, connection: Connection | None, matter: Matter) -> Panel:
    """Return the panel of one matter and provider. In the firm scope."""
    found = sync_state([matter.id], provider_key=declared.key, connection=connection).get(matter.id)
    state = state_of_matter(found) if found else NOT_SENT
    moved = progress_of(found.work_item_id) if found and state.live and state.state != "unknown" else Progress()
    if state.state == "queued" and moved.closed_until:
        state = SyncState("waiting", "Waiting", True, moved.closed_until)
    elif state.state == "queued" and moved.begun:  # between two steps: part of it may stand there already
        state = WORDS["running"]
    return Panel(
        provider=declared,
        connection=connection,
        matter=matter,
        sync=found,
        state=state,
        steps=_lines(declared, connection, matter, found, state) if connection else [],
        trigger=trigger_words(found.trigger) if found and found.work_item_id else "",
        blocked=_blocked(declared, connection, matter, state),
        after=_after(declared, connection),
        late=LATE if moved.late else "",
        hint=_hint(declared, connection, matter, found) if connection else "",
        may_cancel=bool(found and found.can_cancel and state.state != "running"),
    )


def _lines(
    declared: Provider, connection: Connection, matter: Matter, found: MatterSync | None, state: SyncState
) -> list[dict[str, Any]]:
    operation = declared.operations.get("sync_matter")
    known = {step.key: step for step in found.steps} if found else {}
    lines: list[dict[str, Any]] = []
    form = plan_for(connection, matter, known.get(FORM))
    for step in form.arrange(operation.steps) if operation else ():
        current = known.get(step.key) or StepState(step.key, step.key.capitalize(), "open")
        if step.key in form.replaced and current.state != "done":
            lines.append({"label": current.label, "state": "skipped", **form.words(done=f"Not in {declared.name}")})
            continue
        if step.key == FORM and current.state == "open" and not state.live:
            lines.append({"label": current.label, "state": "skipped", "state_label": "Not sent", "detail": form.detail})
            continue
        later = matter.intake_completed_at is None and not (state.live and found and found.trigger in BY_HAND)
        lines.append(_line(declared, current, state, found, later=later))
        if step.key == "matter":
            lines += [] if form.replaced else [_stage_line(connection, matter, matter_step=current.state)]
    return lines


def _line(
    declared: Provider, step: StepState, state: SyncState, found: MatterSync | None, *, later: bool
) -> dict[str, Any]:
    line: dict[str, Any] = {"label": step.label, "at": step.at}
    if step.state == "done":
        flag = step.review.text if step.review else step.error_text
        return line | {
            "state": "noted" if flag else "done",
            "state_label": "Look here" if flag else f"In {declared.name}",
            "detail": flag or HOW.get(step.how, ""),
            "remote_id": step.remote_id,
            "url": step.url,
            "url_label": f"Open in {declared.name}",
        }
    if step.state == "unknown":
        return line | {"state": "unknown", "detail": UNANSWERED}
    if step.key == "note" and step.state == "open" and later:
        return line | {"state": "skipped", "state_label": "Later", "detail": LATER}
    if step.state in STEP_WORDS:
        name, words = STEP_WORDS[step.state]
        repeats = found is not None and found.message is not None and step.error_text == found.message.text
        return line | {"state": name, "state_label": words, "detail": "" if repeats else step.error_text}
    return line | {"state": "queued", "state_label": "Next"} if state.live else line | _not_sent()


def _not_sent() -> dict[str, str]:
    return {"state": NOT_SENT.state, "state_label": NOT_SENT.label}


def _stage_line(connection: Connection, matter: Matter, *, matter_step: str) -> dict[str, Any]:
    target = mapping_for(connection, _CaseOf(matter.case_type.key, matter.practice_area))
    line: dict[str, Any] = {"label": "Stage"}
    if target.state == "gone":
        return line | {"state": "gone", "detail": GONE.format(stage=target.stage_name)}
    if not target.stage_id:
        return line | {"state": "needs_choice", "detail": NO_STAGE}
    if matter_step == "unknown":
        return line | {"state": "unknown", "detail": f"Went with the matter, to {target.stage_name}."}
    if matter_step != "done":
        return line | _not_sent() | {"detail": f"Goes to {target.stage_name}."}
    return line | {"state": "done", "state_label": "Sent", "detail": f"Mapped to {target.stage_name}."}


def _hint(declared: Provider, connection: Connection, matter: Matter, found: MatterSync | None) -> str:
    if matter.client is None or (found and any(step.key == "contact" and step.state == "done" for step in found.steps)):
        return ""
    target = mapping_for(connection, _CaseOf(matter.case_type.key, matter.practice_area))
    return hint(matter, name=declared.name, practice_area_id=target.practice_area_id)


def _blocked(declared: Provider, connection: Connection | None, matter: Matter, state: SyncState) -> str:
    if connection is None or connection.state == Connection.State.NOT_CONNECTED:
        return f"{declared.name} is not connected; a firm admin can connect it in Settings."
    if matter.client_id is None:
        return f"Add a client first: a matter in {declared.name} needs a contact."
    if state.state == "unknown":
        return "We first look whether the last try arrived."
    return "A sync is under way." if state.state in ("queued", "running") else ""


def _after(declared: Provider, connection: Connection | None) -> str:
    if connection is None:
        return ""
    if connection.state == Connection.State.NEEDS_RECONNECT:
        return f"{declared.name} needs a reconnect first; until then the sync waits."
    if connection.state == Connection.State.OTHER_ACCOUNT:
        return "A firm admin has to choose the account first; until then the sync waits."
    return "Sync is paused; until a firm admin resumes it, this waits." if connection.paused else ""


def matter_or_none(matter_id: uuid.UUID) -> Matter | None:
    """Return a matter of the open firm with its client and case type."""
    found: Matter | None = Matter.objects.select_related("client", "case_type").filter(id=matter_id).first()
    return found
