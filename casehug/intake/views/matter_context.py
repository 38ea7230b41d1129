"""What the matter page shows, gathered from selectors and slots."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from casehug.common import slots
from casehug.firms.access import can
from casehug.intake.forms.matters import NoteForm, StatusForm
from casehug.intake.models import Answer, Matter, MatterStatus, Note
from casehug.intake.selectors.documents import blocking_items, checklist
from casehug.intake.selectors.matters import MatterDetail, submissions_of
from casehug.intake.selectors.timeline import TimelineEntry, timeline
from casehug.intake.views.acting import blocked, people

ICONS = {"status": ("edit", "neutral"), "intake": ("tick", "done"), "link": ("link", "neutral"),
         "answers": ("note", "running"), "upload": ("upload", "attention"), "approved": ("tick", "done"),
         "rejected": ("warning", "attention"), "note": ("lock", "unknown")}  # fmt: skip
SOURCES = {"person": "", "system": "CaseHug", "portal": "Client", "staff": "", "csv_import": "Import", "api": "API"}
DEFAULT_EFFECT = "What your firm switched on for an approved intake starts by itself, and cannot be called back."


def source_words(source: str) -> str:
    """Return who or what a source is; another system is named by its key."""
    return SOURCES.get(source, source.replace("_", " ").title())


def approval_effects(matter: Matter) -> list[str]:
    """Return what approving the intake will start, said before it is done (slot `approval_effect`)."""
    return slots.fill("approval_effect", matter=matter) or [DEFAULT_EFFECT]


def why_not_approve(matter: Matter) -> str:
    """Return why the intake cannot be approved yet; empty when it can."""
    if not any(one.submitted_at for one in submissions_of(matter.id)):
        return "The client has not sent the answers yet."
    missing = len(blocking_items(checklist(matter.id).documents))
    if missing:
        return f"{missing} required document{' is' if missing == 1 else 's are'} not approved yet."
    return ""


def _entry(entry: TimelineEntry, names: dict[Any, str]) -> dict[str, Any]:
    icon, role = ICONS.get(entry.kind, ("dot", "neutral"))
    by = names.get(entry.actor_id, "") if entry.actor_id else source_words(entry.source)
    text = f"{entry.text}: {entry.detail}" if entry.detail else entry.text
    url = reverse("document", args=[entry.subject_id]) if entry.subject_id else ""
    label = "Show document" if url else ""
    return {"sentence": text, "at": entry.at, "icon": icon, "role": role, "source": by, "url": url, "url_label": label}


def timeline_entries(matter: Matter, *, with_notes: bool) -> list[dict[str, Any]]:
    """Return one history over all systems, newest first."""
    own = timeline(matter, with_notes=with_notes)
    names = people(entry.actor_id for entry in own)
    entries = [_entry(entry, names) for entry in own]
    for answer in slots.fill("timeline", matter=matter):
        entries.extend(answer)
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)


def _answers(matter: Matter) -> list[dict[str, Any]]:
    """Return what the client submitted, by submission, with its source."""
    rows = Answer.objects.filter(submission__matter=matter).select_related("submission").order_by("submission", "id")
    found: dict[Any, dict[str, Any]] = {}
    for row in rows:
        held = found.setdefault(row.submission_id, {"submission": row.submission, "answers": []})
        held["answers"].append(row)
    return list(found.values())


def _set_by(matter: Matter) -> str:
    if matter.status_actor_id:
        return people([matter.status_actor_id]).get(matter.status_actor_id, "a former member")
    return "" if matter.status_set_by == "person" else source_words(matter.status_set_by)


def matter_context(request: HttpRequest, detail: MatterDetail, *, note_form: NoteForm | None = None) -> dict[str, Any]:
    """Return the context of `intake/matter.html`."""
    matter = detail.matter
    reads_notes = can(request.membership, "notes.view")  # type: ignore[attr-defined]
    notes = list(Note.objects.filter(matter=matter).order_by("-created_at")) if reads_notes else []
    names = people([*(note.author_id for note in notes), matter.assigned_attorney_id])
    for note in notes:
        note.author = names.get(note.author_id, "A former member") if note.author_id else "Added without a name"
    next_status = MatterStatus.ACTIVE if matter.status == MatterStatus.PENDING else matter.status
    items = checklist(matter.id)
    return {
        "detail": detail,
        "matter": matter,
        "set_by": _set_by(matter),
        "attorney": names.get(matter.assigned_attorney_id, ""),
        "status_form": StatusForm(initial={"status": next_status}),
        "checklist": items,
        "checklist_words": f"{items.done} of {items.total} approved",
        "submissions": _answers(matter),
        "why_not_approve": why_not_approve(matter),
        "panels": slots.fill("matter_panel", request=request, matter=matter),
        "timeline": timeline_entries(matter, with_notes=False),
        "reads_notes": reads_notes,
        "notes": notes,
        "note_form": note_form or NoteForm(),
        "blocked": blocked(request, matter),
    }
