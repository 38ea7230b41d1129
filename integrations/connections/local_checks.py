"""Lines of the connection test that compare what was read with what this firm has set up. In the firm scope."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from casehug.intake.models import CaseType
from integrations.contract.behaviour import known
from integrations.contract.provider import CatalogueEntry
from integrations.models import CaseTypeMapping, Connection, FieldMapping, InboundEndpoint, InboundSecret
from integrations.registry import provider

NOTE_PLACES = {"contact": "on the contact", "matter": "on the matter"}


@dataclass(frozen=True)
class Check:
    """One line of the test. `ok` is None when it could not be looked at; `fix` says what to do, `seconds` how long."""

    key: str
    label: str
    ok: bool | None
    detail: str
    fix: str = ""
    seconds: float = 0.0
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def mapped(
    connection: Connection, stages: Sequence[CatalogueEntry], areas: Sequence[CatalogueEntry]
) -> Iterator[Check]:
    """Say whether every mapping leads to a stage and a practice area that exist."""
    live_stages, live_areas = {entry.id for entry in stages}, {entry.id for entry in areas}
    rows = list(CaseTypeMapping.objects.filter(connection=connection).values_list("stage_id", "practice_area_id"))
    used = [stage for stage, _ in rows if stage]
    gone = sum(stage not in live_stages for stage in used)
    detail = f"{len(used) - gone} of {len(used)} mappings lead to a stage that exists."
    lost = sum(bool(area) and area not in live_areas for _, area in rows)
    if lost:
        detail += f" {lost} name a practice area that is gone."
    fix = "Choose another one in Case Type Mappings." if gone or lost else ""
    yield Check("mapped", "Mapped stages exist", gone + lost == 0, detail, fix)


def fields(connection: Connection, entries: Sequence[CatalogueEntry]) -> Iterator[Check]:
    """Say whether mapped custom fields exist, belong to the right record and take what the answers are."""
    rows = list(FieldMapping.objects.filter(connection=connection))
    if not rows:
        yield Check("fields", "Mapped fields exist", True, "No answers are mapped to fields.")
        return
    live = {entry.id: entry for entry in entries if entry.kind == "custom_field"}
    lists = CaseType.objects.values_list("questions", flat=True)
    questions = {str(one["key"]): (str(one["label"]), str(one["kind"])) for asked in lists for one in asked}
    found = [_field_problem(connection, row, live.get(row.field_id), questions.get(row.question_key)) for row in rows]
    wrong = [problem for problem in found if problem]
    detail = f"{len(rows) - len(wrong)} of {len(rows)} mapped fields exist with the right type."
    fix = f"{wrong[0]} Correct it in Field Mappings." if wrong else ""
    yield Check("fields", "Mapped fields exist", not wrong, detail, fix)


def _field_problem(
    connection: Connection, row: FieldMapping, entry: CatalogueEntry | None, question: tuple[str, str] | None
) -> str:
    label, kind = question or (row.question_key, "")
    if entry is None:
        return f"The field for “{label}” no longer exists."
    if entry.extra.get("owner", row.owner) != row.owner:
        return f"The field for “{label}” does not belong to the {row.owner}."
    fits = provider(connection.provider).custom_fits
    reason = fits(entry, kind) if fits is not None and kind else ""
    return f"“{label}”: {reason}" if reason else ""


def note_target(connection: Connection) -> Iterator[Check]:
    """Say where notes go and how that is known. That a note may be written is only proven by writing one."""
    targets = [one for one in provider(connection.provider).settings_fields if one.key == "note_target"]
    if not targets:
        return
    label, chosen = "Where notes go", connection.settings.get("note_target", targets[0].default)
    learned, seen = connection.profile.get("note_target", ""), known(connection.profile, "notes")
    if chosen in NOTE_PLACES:
        yield Check("notes", label, True, f"Notes go {NOTE_PLACES[chosen]}, as chosen here.")
    elif learned in NOTE_PLACES:
        yield Check("notes", label, True, f"Notes go {NOTE_PLACES[learned]}: a sync has found that out.")
    elif seen in NOTE_PLACES:
        yield Check("notes", label, True, f"Notes go on the contact first; this account has notes {NOTE_PLACES[seen]}.")
    else:
        detail = "Notes go on the contact first, and on the matter if the account refuses that."
        yield Check("notes", label, None, detail, "Nothing to do: the first note shows it.")


def webhooks(connection: Connection) -> Iterator[Check]:
    """Say whether a webhook secret is stored and when the last verified event came."""
    if provider(connection.provider).inbound is None:
        return
    endpoint = InboundEndpoint.objects.filter(connection=connection).first()
    secrets = InboundSecret.objects.filter(endpoint=endpoint) if endpoint is not None else InboundSecret.objects.none()
    label = "Webhooks"
    if endpoint is None or not secrets.exists():
        every = endpoint.poll_minutes if endpoint is not None else 15
        detail = f"No secret is stored: changes are read every {every} minutes instead."
        yield Check("webhooks", label, None, detail, "For changes within seconds, set them up under Webhook events.")
    elif endpoint.last_event_at is None:
        detail = "A secret is stored, but no event has been verified yet."
        yield Check("webhooks", label, None, detail, "Change a stage there and look at Webhook events.")
    else:
        moment = endpoint.last_event_at.astimezone(UTC)
        detail = f"A secret is stored; the last verified event came on {moment:%-d %B %Y, %H:%M} UTC."
        yield Check("webhooks", label, True, detail)
