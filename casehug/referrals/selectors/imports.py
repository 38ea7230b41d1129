"""What the pages of the imports read: lists, counts, rows with what became of them, the report as CSV."""

import csv
import io
import uuid
from typing import Any

from django.db.models import Count, QuerySet

from casehug.intake.models import Matter
from casehug.intake.selectors.search import matching_matters
from casehug.intake.text import spreadsheet_safe
from casehug.referrals.choices import choices
from casehug.referrals.errors import NotFound
from casehug.referrals.models import CaseImport, CaseImportRow, PartnerFirm, Referral
from casehug.referrals.services.sending import NOT_AT_WORK

SHOWN, ROWS = 50, 100
Outcome = CaseImportRow.Outcome


def recent_imports() -> list[CaseImport]:
    """Return the last imports, newest first."""
    return list(CaseImport.objects.order_by("-created_at", "-id")[:20])


def case_import(case_import_id: uuid.UUID) -> CaseImport:
    """Return one import. Raises NotFound."""
    found: CaseImport | None = CaseImport.objects.filter(id=case_import_id).first()
    if found is None:
        raise NotFound("case_import")
    return found


def outcome_counts(one: CaseImport) -> list[tuple[str, str, int]]:
    """Return key, word and number of each outcome that occurs, in a fixed order; handed rows by where they stand."""
    rows = CaseImportRow.objects.filter(case_import=one)
    found = dict(rows.values_list("outcome").annotate(number=Count("id")))
    plain = [(key.value, key.label, found.get(key.value, 0)) for key in Outcome if key != Outcome.HANDED]
    handed = dict(rows.filter(outcome=Outcome.HANDED).values_list("referral__state").annotate(number=Count("id")))
    states = [(key.value, key.label, handed.get(key.value, 0)) for key in Referral.State]
    words = {"draft": "Draft with suggestions"}
    told = [(f"at-{key}", words.get(key, label), number) for key, label, number in states]
    return [entry for entry in [*told, *plain] if entry[2]]


def rows_of(one: CaseImport, *, outcome: str = "", after: int = 0) -> "QuerySet[CaseImportRow]":
    """Return rows in the order of the list; `outcome` as told by `outcome_counts`."""
    rows: QuerySet[CaseImportRow] = CaseImportRow.objects.filter(case_import=one, line__gt=after)
    if outcome.startswith("at-"):
        rows = rows.filter(outcome=Outcome.HANDED, referral__state=outcome.removeprefix("at-"))
    elif outcome:
        rows = rows.filter(outcome=outcome)
    return rows.select_related("referral", "partner", "matter").order_by("line")


def result_words(row: CaseImportRow) -> str:
    """Return what became of a row, in a word."""
    return str(row.referral.get_state_display() if row.referral else row.get_outcome_display())


def report_csv(one: CaseImport) -> str:
    """Return the row-by-row result as CSV; a spreadsheet shows every text and runs none."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(["Line", "Case", "Case type", "Partner firm", "Result", "Referral", "What to know"])
    for row in rows_of(one).iterator(500):
        partner, referral = row.partner.name if row.partner else "", row.referral.public_id if row.referral else ""
        said = " ".join([*row.messages, *([row.referral.trouble] if row.referral else [])])
        cells = (row.label, row.values.get("case_type", ""), partner, result_words(row), referral, said)
        writer.writerow([row.line, *(spreadsheet_safe(cell) for cell in cells)])
    return "\ufeff" + sheet.getvalue()


def matters_to_choose(words: str = "") -> list[Any]:
    """Return active matters with a client that are not referred out, newest first, with the exchange's word for each.

    `case_word` is the one word of the exchange that is mapped to the matter's case type, else empty.
    """
    at_work = Referral.objects.filter(direction="out", matter__isnull=False).exclude(state__in=NOT_AT_WORK)
    rows = Matter.objects.filter(client__isnull=False).exclude(status="archived")
    rows = rows.exclude(id__in=at_work.values("matter_id"))
    if words:
        rows = matching_matters(rows, words)
    found = list(rows.select_related("client", "case_type").order_by("-created_at", "-id")[:SHOWN])
    by_key: dict[str, list[str]] = {}
    for word, key in choices().case_types.items():
        by_key.setdefault(key, []).append(word)
    for matter in found:
        fitting = by_key.get(matter.case_type.key, [])
        matter.case_word = fitting[0] if len(fitting) == 1 else ""
    return found


def partners_with_id() -> "QuerySet[PartnerFirm]":
    """Return the firms of the address book whose id at the exchange is known."""
    rows: QuerySet[PartnerFirm] = PartnerFirm.objects.exclude(remote_id="").order_by("name", "id")
    return rows
