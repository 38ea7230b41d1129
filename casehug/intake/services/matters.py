"""Create and change matters and their status."""

import uuid
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.intake import events
from casehug.intake.errors import Invalid, Refused
from casehug.intake.models import (
    CaseType,
    Client,
    Document,
    IntakeLink,
    Matter,
    MatterStatus,
    PracticeArea,
    StatusChange,
)
from casehug.intake.services.checklist import build_items, swap_case_type_items
from casehug.intake.services.locking import lock_matter
from casehug.intake.services.values import Checker
from casehug.intake.text import fold


class MatterChanges(TypedDict, total=False):
    """Fields of a matter that can be changed; a missing key stays as it is."""

    title: str
    client_id: uuid.UUID | None
    case_type_id: uuid.UUID
    practice_area: str
    state: str
    county: str
    description: str
    source_reference: str
    assigned_attorney_id: uuid.UUID | None
    custom_fields: dict[str, Any]
    tags: list[str]


def _apply(matter: Matter, changes: MatterChanges) -> None:
    check = Checker()
    if "case_type_id" in changes:
        found = CaseType.objects.filter(id=changes["case_type_id"]).first()
        if found is None:
            check.errors["case_type_id"] = "Please choose a case type."
        else:
            matter.case_type, matter.practice_area = found, found.practice_area
    if "practice_area" in changes:
        matter.practice_area = changes["practice_area"]
        if matter.practice_area not in PracticeArea.values:
            check.errors["practice_area"] = "This practice area does not exist."
    if "client_id" in changes:
        matter.client = Client.objects.filter(id=changes["client_id"]).first() if changes["client_id"] else None
        if changes["client_id"] and matter.client is None:
            check.errors["client_id"] = "This client does not exist."
    if "title" in changes:
        matter.title = check.line("title", changes["title"], limit=300, required=True)
    if "state" in changes:
        matter.state = check.state("state", changes["state"])
    if "county" in changes:
        matter.county = check.line("county", changes["county"], limit=120)
    if "description" in changes:
        matter.description = check.lines("description", changes["description"])
    if "source_reference" in changes:
        matter.source_reference = check.line("source_reference", changes["source_reference"], limit=120)
    if "assigned_attorney_id" in changes:
        matter.assigned_attorney_id = changes["assigned_attorney_id"]
    if "custom_fields" in changes:
        matter.custom_fields = changes["custom_fields"]
    if "tags" in changes:
        matter.tags = list(dict.fromkeys(changes["tags"]))
    if check.errors:
        raise Invalid(check.errors)
    matter.search_text = fold(f"{matter.title} {matter.source_reference} {matter.county}")


def _new_matter(source: str) -> Matter:
    now, actor_id = timezone.now(), current_actor_id()
    set_by = "person" if source == "person" else "system"  # an API key is no person
    return Matter(status_set_by=set_by, status_actor_id=actor_id, status_set_at=now, created_by_id=actor_id)


def build_matter(*, source: str, case_type: CaseType, client: Client | None, values: MatterChanges) -> Matter:
    """Return a checked matter that is not stored yet; `values` come without ids. Raises Invalid."""
    matter = _new_matter(source)
    matter.case_type, matter.practice_area, matter.client = case_type, case_type.practice_area, client
    _apply(matter, values)
    return matter


def first_status(matter: Matter) -> StatusChange:
    """Return the first line of a new matter's history, not stored yet."""
    by, actor_id = matter.status_set_by, matter.status_actor_id
    return StatusChange(matter=matter, to_status=matter.status, source=by, actor_id=actor_id)


@transaction.atomic
def create_matter(
    *, source: str = "person", status: str = MatterStatus.PENDING, **values: Unpack[MatterChanges]
) -> Matter:
    """Create a matter with its checklist; `title` and `case_type_id` are needed, a client is not.

    `source` is person, api or csv_import; `status` is the first one. Returns the row; publishes `matter.created`.
    Raises Invalid.
    """
    values.setdefault("title", "")
    if "case_type_id" not in values:
        raise Invalid({"case_type_id": "Please choose a case type."})
    matter = _new_matter(source)
    matter.status = status
    _apply(matter, values)
    if matter.source_reference and Matter.objects.filter(source_reference=matter.source_reference).exists():
        raise Invalid({"source_reference": "Another matter has this reference."})
    matter.save(force_insert=True)
    first_status(matter).save(force_insert=True)
    Document.objects.bulk_create(build_items(matter))
    events.matter_created(matter, source=source)
    record(action="matter.created", object_type="matter", object_id=matter.id, changes={"source": source})
    return matter


@transaction.atomic
def update_matter(*, matter_id: uuid.UUID, **changes: Unpack[MatterChanges]) -> Matter:
    """Change the given fields; another case type or state also updates the checklist.

    Returns the row; publishes `matter.updated` when something changed. Raises NotFound, Invalid, Refused (archived).
    """
    matter = lock_matter(matter_id)
    before = {field.attname: getattr(matter, field.attname) for field in Matter._meta.concrete_fields}
    _apply(matter, changes)
    changed = sorted(name for name, value in before.items() if getattr(matter, name) != value and name != "search_text")
    if not changed:
        return matter
    reference = matter.source_reference
    if "source_reference" in changed and reference and Matter.objects.filter(source_reference=reference).exists():
        raise Invalid({"source_reference": "Another matter has this reference."})
    matter.save()
    if {"case_type_id", "state"} & set(changed):
        swap_case_type_items(matter)
    events.matter_updated(matter, fields=changed)
    record(action="matter.updated", object_type="matter", object_id=matter.id, changes={"fields": changed})
    return matter


def _set_status(matter: Matter, to: str, source: str) -> None:
    actor_id = current_actor_id()
    StatusChange.objects.create(
        matter=matter, from_status=matter.status, to_status=to, source=source, actor_id=actor_id
    )
    matter.status, matter.status_set_by, matter.status_actor_id = to, source, actor_id
    matter.status_set_at = timezone.now()
    matter.save(update_fields=["status", "status_set_by", "status_actor_id", "status_set_at", "updated_at"])
    change = {"status": to, "source": source}
    record(action="matter.status_changed", object_type="matter", object_id=matter.id, changes=change)


@transaction.atomic
def change_status(*, matter_id: uuid.UUID, to: str, source: str = "person", origin: str = "") -> bool:
    """Set the status to pending, active or closed; returns whether it changed.

    `source` is person, system or a provider's key, `origin` its connection (so that nothing is echoed back).
    An archived matter stays as it is: False for a provider, Refused for a person. Raises NotFound, Invalid.
    """
    if to not in (MatterStatus.PENDING, MatterStatus.ACTIVE, MatterStatus.CLOSED):
        raise Invalid({"status": "Choose pending, active or closed."})
    matter = lock_matter(matter_id, even_archived=source != "person")
    if matter.is_archived or matter.status == to:
        return False
    _set_status(matter, to, source)
    events.matter_updated(matter, fields=["status"], origin=origin)
    return True


@transaction.atomic
def archive_matter(*, matter_id: uuid.UUID) -> Matter:
    """Archive a matter and end its intake link; a second call changes nothing. Publishes `matter.archived`."""
    matter = lock_matter(matter_id, even_archived=True)
    if not matter.is_archived:
        IntakeLink.objects.filter(matter=matter, revoked_at=None).update(revoked_at=timezone.now())
        _set_status(matter, MatterStatus.ARCHIVED, "person")
        events.matter_archived(matter)
    return matter


@transaction.atomic
def restore_matter(*, matter_id: uuid.UUID) -> Matter:
    """Bring an archived matter back to the status it had. Raises NotFound, Refused when it is not archived."""
    matter = lock_matter(matter_id, even_archived=True)
    if not matter.is_archived:
        raise Refused("matter_not_archived", "This matter is not archived.")
    archived = StatusChange.objects.filter(matter=matter, to_status=MatterStatus.ARCHIVED).latest("created_at")
    _set_status(matter, archived.from_status or MatterStatus.PENDING, "person")
    events.matter_updated(matter, fields=["status"])
    return matter
