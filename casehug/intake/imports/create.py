"""Create client, matter and submission from one understood row."""

from datetime import date
from typing import Any

from django.utils import timezone

from casehug.intake.identity import email_key
from casehug.intake.models import Answer, CaseType, Client, ImportRow, Matter, Note, Submission
from casehug.intake.services.clients import ClientChanges, create_client, update_client
from casehug.intake.services.matters import create_matter
from casehug.intake.text import fold

_TITLE = 300
# What counts as the client's own submission, with the label used when the case type does not ask for it.
_ANSWERS = {
    "first_name": "First name", "last_name": "Last name", "email": "E-mail", "phone": "Phone",
    "date_of_birth": "Date of birth", "preferred_contact": "Preferred way of contact", "county": "County",
    "incident_date": "Date of the incident", "opposing_party": "Opposing party", "statement": "Statement",
}  # fmt: skip


def _client_for(values: dict[str, Any]) -> Client:
    wanted: ClientChanges = {
        "first_name": values.get("first_name", ""),
        "last_name": values.get("last_name", ""),
        "email": values.get("email", ""),
        "phone": values.get("phone", ""),
    }
    if values.get("date_of_birth"):
        wanted["date_of_birth"] = date.fromisoformat(values["date_of_birth"])
    address = {key: values[key] for key in ("line1", "line2", "city", "zip") if values.get(key)}
    if address:
        wanted["address"] = address
    known = _same_person(wanted)
    if known is None:
        return create_client(**wanted)
    if wanted["phone"] and not known.phone:
        return update_client(client_id=known.id, phone=wanted["phone"])
    return known


def _same_person(wanted: ClientChanges) -> Client | None:
    if not wanted["email"]:
        return None
    name = fold(f"{wanted['first_name']} {wanted['last_name']}")
    for client in Client.objects.filter(email_key=email_key(wanted["email"])).order_by("created_at"):
        if fold(client.full_name) == name:
            found: Client = client
            return found
    return None


def title_for(values: dict[str, Any], case_type: CaseType) -> str:
    """Return the matter's title: the one of the file, or name and case type. Only such a label is ever shortened."""
    if values.get("title"):
        return str(values["title"])
    name = f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()
    room = _TITLE - len(case_type.name) - 3
    if len(name) > room:
        name = name[: room - 1].rstrip() + "…"
    return f"{name} · {case_type.name}"


def _submit(matter: Matter, case_type: CaseType, values: dict[str, Any]) -> None:
    now = timezone.now()
    submission = Submission.objects.create(matter=matter, source=Submission.Source.CSV_IMPORT, submitted_at=now)
    asked = {question["key"]: question["label"] for question in case_type.questions}
    given = [(key, asked.get(key, label), values.get(key, "")) for key, label in _ANSWERS.items()]
    given += [
        (f"{key}_as_given", f"{_ANSWERS.get(key, key.capitalize())}, as given in the file", text)
        for key, text in values.get("kept", {}).items()
    ]
    Answer.objects.bulk_create(
        Answer(submission=submission, question_key=key, label=label[:300], value=text, answered_at=now)
        for key, label, text in given
        if text
    )


def create_from_row(row: ImportRow, case_types: dict[str, CaseType]) -> Matter:
    """Create what a ready row describes, in the caller's transaction; returns the matter. Raises IntakeError."""
    values = row.values
    case_type = case_types[values["case_type"]]
    client = _client_for(values)
    matter = create_matter(
        source="csv_import",
        title=title_for(values, case_type),
        case_type_id=case_type.id,
        client_id=client.id,
        state=values.get("state", ""),
        county=values.get("county", ""),
        source_reference=row.source_reference,
    )
    _submit(matter, case_type, values)
    notes = [f"{header}: {text}" for header, text in values.get("notes", [])]
    if notes:
        Note.objects.create(matter=matter, body="From the imported file\n" + "\n".join(notes))
    return matter
