"""Check a list of cases that other firms handle already (dry run): nothing is sent, every row gets its outcome."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.common.ids import parse_public_id
from casehug.intake.data.states import read_state
from casehug.intake.models import Matter
from casehug.intake.services.values import Checker
from casehug.intake.text import fold, single_line
from casehug.referrals.choices import choices
from casehug.referrals.errors import Invalid
from casehug.referrals.models import CaseImport, CaseImportRow, PartnerFirm, Referral
from casehug.referrals.services.import_files import FileRow, read_file
from casehug.referrals.services.sending import NOT_AT_WORK

NO_PARTNER = (
    "There is no partner firm ID. Without one the exchange invites nobody and only keeps a draft with suggestions; "
    "ask for that if it is what you want."
)
DRAFT = "No partner firm ID: the exchange keeps a draft and suggests firms; nobody is invited until you choose one."
_YES = ("yes", "y", "true", "1", "x", "draft")
_LIMITS = {"first_name": 255, "last_name": 255, "phone": 60}


@dataclass(frozen=True)
class Wish:
    """One matter chosen on the page."""

    matter_id: uuid.UUID
    case_type: str
    partner_id: uuid.UUID | None


@dataclass
class _Context:
    """What rows are read against."""

    suggestions: bool
    words: dict[str, str] = field(default_factory=dict)
    partners: list[PartnerFirm] = field(default_factory=list)
    seen: set[tuple[str, ...]] = field(default_factory=set)

    @classmethod
    def here(cls, suggestions: bool) -> "_Context":
        words = {fold(word): word for word in choices().vocabulary}
        context = cls(suggestions, words, list(PartnerFirm.objects.exclude(remote_id="")))
        rows = Referral.objects.filter(direction="out").exclude(state__in=NOT_AT_WORK)
        for row in rows.values_list("matter_id", "first_name", "last_name", "case_type"):
            context.seen.add(_key(*row))
        return context


def _key(matter_id: uuid.UUID | None, first: str, last: str, case_type: str) -> tuple[str, ...]:
    return (str(matter_id),) if matter_id else (fold(f"{first} {last}"), fold(case_type))


def check_file(*, data: bytes, filename: str, suggestions: bool = False) -> CaseImport:
    """Read and check a CSV file; returns the stored list. `suggestions`: rows without a partner become drafts.

    Raises FileProblem when the file as a whole cannot be read.
    """
    rows, notices = read_file(data)
    context = _Context.here(suggestions)
    name = single_line(filename)[-255:] or "cases.csv"
    return _stored("csv", name, [_of_file(row, context) for row in rows], notices)


def check_matters(*, wishes: Sequence[Wish], suggestions: bool = False) -> CaseImport:
    """Check matters chosen on the page; returns the stored list. Raises Invalid (`matter`) when nothing is chosen."""
    if not wishes:
        raise Invalid({"matter": "Choose at least one matter."})
    context = _Context.here(suggestions)
    found = Matter.objects.select_related("client").in_bulk([wish.matter_id for wish in wishes])
    rows = []
    for place, wish in enumerate(wishes, start=1):
        partner = next((one for one in context.partners if one.id == wish.partner_id), None)
        row = CaseImportRow(line=place, partner=partner, values={"case_type": wish.case_type})
        _take_matter(row, found.get(wish.matter_id))
        rows.append(_judged(row, context, suggestions))
    return _stored("matters", f"{len(rows)} matter{'' if len(rows) == 1 else 's'}", rows, [])


@transaction.atomic
def _stored(source: str, name: str, rows: list[CaseImportRow], notices: list[str]) -> CaseImport:
    made: CaseImport = CaseImport.objects.create(
        source=source, name=name, notices=notices, created_by_id=current_actor_id()
    )
    for row in rows:
        row.case_import = made
    CaseImportRow.objects.bulk_create(rows, batch_size=500)
    record(action="case_import.checked", object_type="case_import", object_id=made.id, changes={"rows": len(rows)})
    return made


def _of_file(given: FileRow, context: _Context) -> CaseImportRow:
    cells = given.cells
    name = f"{cells.get('first_name', '')} {cells.get('last_name', '')}".strip()
    values = {"case_type": cells.get("case_type", "")}
    row = CaseImportRow(line=given.line, label=single_line(name)[:300], values=values)
    if given.problem:
        row.messages.append(given.problem)
    if reference := cells.get("matter", ""):
        _take_matter(row, _matter(reference), reference)
    elif not given.problem:
        row.values |= _person(cells, row.messages)
    row.partner = _partner(cells, context, row.messages)
    wish = cells.get("suggestions", "").casefold()
    return _judged(row, context, context.suggestions or wish in _YES)


def _matter(reference: str) -> Matter | None:
    rows = Matter.objects.select_related("client")
    parsed = parse_public_id("mat", reference)
    found: Matter | None = rows.filter(id=parsed).first() if parsed else None
    return found or rows.filter(source_reference=reference[:120]).first()


def _take_matter(row: CaseImportRow, matter: Matter | None, reference: str = "") -> None:
    row.matter = matter
    if matter is None:
        said = f" “{reference[:60]}”" if reference else ""
        row.messages.append(f"There is no matter{said} in your firm.")
        return
    row.label = f"{matter.client.full_name}: {matter.title}"[:300] if matter.client else matter.title[:300]
    if matter.client is None:
        row.messages.append("The matter has no client yet.")


def _person(cells: dict[str, str], messages: list[str]) -> dict[str, Any]:
    check = Checker()
    values: dict[str, Any] = {name: check.line(name, cells.get(name, ""), limit=n) for name, n in _LIMITS.items()}
    values["email"] = check.email("email", cells.get("email", "")).text
    values["summary"] = check.lines("summary", cells.get("summary", ""))
    values["place"] = read_state(cells["place"]) or "" if cells.get("place") else ""
    if cells.get("place") and not values["place"]:
        check.errors["place"] = f"“{cells['place'][:40]}” is no US state."
    if day := cells.get("incident_date", ""):
        try:
            values["incident_date"] = date.fromisoformat(day).isoformat()
        except ValueError:
            check.errors["incident_date"] = f"“{day[:40]}” is no day. Write it as 2026-01-31."
    if not values["last_name"]:
        check.errors["last_name"] = "There is no last name."
    messages += [f"{name.replace('_', ' ').capitalize()}: {text}" for name, text in check.errors.items()]
    return values


def _partner(cells: dict[str, str], context: _Context, messages: list[str]) -> PartnerFirm | None:
    remote, name = cells.get("partner_id", ""), cells.get("partner_name", "")
    if remote:
        found = next((one for one in context.partners if one.remote_id == remote), None)
        if found is None:
            said = f"The partner firm ID “{remote[:80]}” is not in your address book."
            messages.append(f"{said} Enter the firm there first.")
        return found
    alike = [one for one in context.partners if fold(one.name) == fold(name)] if name else []
    if name and len(alike) != 1:
        said = f"“{name[:80]}” is not the name of exactly one firm of your address book"
        messages.append(f"{said} with a partner firm ID.")
    return alike[0] if len(alike) == 1 else None


def _judged(row: CaseImportRow, context: _Context, suggestions: bool) -> CaseImportRow:
    """Give a row its outcome; an exact word of the exchange is taken whatever its letters' case."""
    word = context.words.get(fold(row.values["case_type"]))
    if word is None:
        said = row.values["case_type"][:80]
        row.messages.append(f"“{said}” is no case type of the exchange." if said else "There is no case type.")
    row.values["case_type"] = word or row.values["case_type"][:200]
    if row.messages:
        row.outcome = CaseImportRow.Outcome.REFUSED
        return row
    first, last = row.values.get("first_name", ""), row.values.get("last_name", "")
    key = _key(row.matter_id, first, last, row.values["case_type"])
    if key in context.seen:
        row.outcome = CaseImportRow.Outcome.KNOWN
        row.messages.append("This case is referred out or followed already, or stands further up; nothing to do.")
        return row
    if row.partner is None and not suggestions:
        row.outcome = CaseImportRow.Outcome.REFUSED
        row.messages.append(NO_PARTNER)
        return row
    context.seen.add(key)
    if row.partner is None:
        row.outcome = CaseImportRow.Outcome.DRAFT
        row.messages.append(DRAFT)
    return row
