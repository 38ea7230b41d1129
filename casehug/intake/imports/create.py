"""Create clients, matters and submissions from understood rows: many at once, with the rules of the services."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.intake import events
from casehug.intake.errors import IntakeError, Refused
from casehug.intake.imports.people import person_key
from casehug.intake.models import (
    Answer,
    CaseType,
    Client,
    Document,
    ImportRow,
    Matter,
    Note,
    StatusChange,
    Submission,
)
from casehug.intake.services.checklist import build_items
from casehug.intake.services.clients import ClientChanges, build_client, update_client
from casehug.intake.services.matters import build_matter, first_status
from casehug.intake.text import fold

_TITLE = 300
# What counts as the client's own submission, with the label used when the case type does not ask for it.
_ANSWERS = {
    "first_name": "First name", "last_name": "Last name", "email": "E-mail", "phone": "Phone",
    "date_of_birth": "Date of birth", "preferred_contact": "Preferred way of contact", "county": "County",
    "incident_date": "Date of the incident", "opposing_party": "Opposing party", "statement": "Statement",
}  # fmt: skip


@dataclass
class _Batch:
    """Rows to insert, in the order of the tables."""

    clients: list[Client] = field(default_factory=list)
    fill_phone: list[tuple[Client, str]] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def known_people(rows: Iterable[ImportRow]) -> dict[tuple[str, str], Client]:
    """Return the firm's clients with the mailboxes of these rows, by name and mailbox; the oldest of equals."""
    keys = {key[1] for row in rows if (key := person_key(row.values))}
    people: dict[tuple[str, str], Client] = {}
    for client in Client.objects.filter(email_key__in=keys).order_by("created_at"):
        people.setdefault((fold(client.full_name), client.email_key), client)
    return people


def _client_for(values: dict[str, Any], people: dict[tuple[str, str], Client], batch: _Batch) -> Client:
    key = person_key(values)
    known = people.get(key) if key else None
    phone = values.get("phone", "")
    if known is not None:
        if phone and not known.phone:
            batch.fill_phone.append((known, phone))
        return known
    wanted: ClientChanges = {
        "first_name": values.get("first_name", ""),
        "last_name": values.get("last_name", ""),
        "email": values.get("email", ""),
        "phone": phone,
        "address": {part: values[part] for part in ("line1", "line2", "city", "zip") if values.get(part)},
    }
    if values.get("date_of_birth"):
        wanted["date_of_birth"] = date.fromisoformat(values["date_of_birth"])
    client = build_client(wanted)
    if key:
        people[key] = client
    batch.clients.append(client)
    return client


def title_for(values: dict[str, Any], case_type: CaseType) -> str:
    """Return the matter's title: the one of the file, or name and case type. Only such a label is ever shortened."""
    if values.get("title"):
        return str(values["title"])
    name = f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()
    room = _TITLE - len(case_type.name) - 3
    if len(name) > room:
        name = name[: room - 1].rstrip() + "…"
    return f"{name} · {case_type.name}"


def _submission_for(matter: Matter, values: dict[str, Any], batch: _Batch) -> None:
    now = timezone.now()
    submission = Submission(matter=matter, source=Submission.Source.CSV_IMPORT, submitted_at=now)
    batch.submissions.append(submission)
    asked = {question["key"]: question["label"] for question in matter.case_type.questions}
    given = [(key, asked.get(key, label), values.get(key, "")) for key, label in _ANSWERS.items()]
    given += [
        (f"{key}_as_given", f"{_ANSWERS.get(key, key.capitalize())}, as given in the file", text)
        for key, text in values.get("kept", {}).items()
    ]
    batch.answers += [
        Answer(submission=submission, question_key=key, label=label[:300], value=text, answered_at=now)
        for key, label, text in given
        if text
    ]


def _add(
    row: ImportRow, case_types: dict[str, CaseType], people: dict[tuple[str, str], Client], batch: _Batch
) -> Matter:
    values = row.values
    case_type = case_types.get(values["case_type"])
    if case_type is None:
        raise Refused("case_type_gone", "Its case type was removed after the file was checked. Import the file again.")
    client = _client_for(values, people, batch)
    matter = build_matter(
        source="csv_import",
        case_type=case_type,
        client=client,
        values={
            "title": title_for(values, case_type),
            "state": values.get("state", ""),
            "county": values.get("county", ""),
            "source_reference": row.source_reference,
        },
    )
    batch.matters.append(matter)
    _submission_for(matter, values, batch)
    notes = [f"{header}: {text}" for header, text in values.get("notes", [])]
    if notes:
        batch.notes.append(Note(matter=matter, body="From the imported file\n" + "\n".join(notes)))
    return matter


def _store(batch: _Batch) -> None:
    Client.objects.bulk_create(batch.clients)
    for client, phone in batch.fill_phone:
        update_client(client_id=client.id, phone=phone)
    Matter.objects.bulk_create(batch.matters)
    StatusChange.objects.bulk_create(first_status(matter) for matter in batch.matters)
    Document.objects.bulk_create(item for matter in batch.matters for item in build_items(matter))
    Submission.objects.bulk_create(batch.submissions)
    Answer.objects.bulk_create(batch.answers)
    Note.objects.bulk_create(batch.notes)


@transaction.atomic
def create_from_rows(rows: Sequence[ImportRow], case_types: dict[str, CaseType]) -> None:
    """Create what ready rows describe and mark them imported: all of them or, on an exception, none.

    Publishes `client.created` and `matter.created` for each. Raises IntakeError, DatabaseError.
    """
    people, batch = known_people(rows), _Batch()
    for row in rows:
        row.matter = _add(row, case_types, people, batch)
        row.outcome, row.updated_at = ImportRow.Outcome.IMPORTED, timezone.now()
    _store(batch)
    ImportRow.objects.bulk_update(rows, ["matter", "outcome", "updated_at"])
    for client in batch.clients:
        events.client_created(client)
    for matter in batch.matters:
        events.matter_created(matter, source="csv_import")
    created = {
        "matters": [str(matter.id) for matter in batch.matters],
        "clients": [str(client.id) for client in batch.clients],
    }
    record(action="import.rows_created", object_type="import", object_id=rows[0].batch_id, changes=created)


def reason_of(error: IntakeError) -> str:
    """Return a refusal in one text."""
    return " ".join(getattr(error, "fields", {}).values()) or error.message
