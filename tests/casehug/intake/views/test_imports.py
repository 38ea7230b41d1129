"""The import page: check, report, confirm, progress, explanations."""

import csv
import io
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Role
from casehug.intake.models import ImportBatch, Matter
from tests.casehug.intake.views.conftest import Desk
from tests.conftest import Person, make_person

HEAD = "First Name,Last Name,Email,Case Type,Statement,Source Ref\n"
GOOD = HEAD + "".join(f"Ada,Quill{n},ada{n}@example.com,Divorce,Help,R-{n}\n" for n in range(3))
MIXED = GOOD + '=HYPERLINK("x"),Ek,e@example.com,Divorce,Help,R-9\nBo,Ek,bo@example.com,No such type,Help,=R-10\n'


def send(person: Person, text: str | bytes, name: str = "intakes.csv", **more: Any) -> Any:
    """Upload a file on the import page."""
    data = text.encode() if isinstance(text, str) else text
    return person.browser.post(reverse("imports"), {"file": SimpleUploadedFile(name, data), **more})


def batch_of(firm: Firm) -> ImportBatch:
    """Return the newest import."""
    with firm_scope(firm.id):
        return ImportBatch.objects.order_by("-created_at")[0]


def test_dry_run_creates_nothing_and_explains_rows(desk: Desk, staff: Person) -> None:
    answer = send(staff, MIXED)
    batch = batch_of(desk.firm)
    assert answer["Location"] == reverse("import_report", args=[batch.id]) and desk.count(Matter) == 0
    page = staff.browser.get(answer["Location"])
    shown = page.content.decode()
    assert "Nothing is imported yet" in shown and f"Import {page.context['counts'].left} rows" in shown
    assert len(page.context["rows"]) == 5 and "No such type" in shown
    refused = staff.browser.get(answer["Location"], {"show": "refused"})
    assert [row.line for row in refused.context["rows"]] == [6]
    assert "No row has this outcome" in staff.browser.get(answer["Location"], {"show": "failed"}).content.decode()


def test_rows_are_paged_by_line(desk: Desk, staff: Person) -> None:
    rows = "".join(f"Ada,Quill{n},a{n}@example.com,Divorce,Help,P-{n}\n" for n in range(60))
    send(staff, HEAD + rows)
    first = staff.browser.get(reverse("import_report", args=[batch_of(desk.firm).id]))
    assert len(first.context["rows"]) == 50
    second = staff.browser.get(first.context["next_url"])
    assert [row.line for row in second.context["rows"]] == list(range(52, 62)) and not second.context["next_url"]


def test_confirm_imports_once_and_progress_ends(committed_firm: Firm, settle: Callable[..., int], key: str) -> None:
    desk, staff = Desk(committed_firm), make_person(committed_firm, Role.STAFF)
    send(staff, MIXED)
    batch = batch_of(committed_firm)
    start, progress = (reverse(name, args=[batch.id]) for name in ("import_start", "import_progress"))
    for _ in range(2):
        assert staff.browser.post(start, {"idempotency_key": key}).status_code == 302
    assert "data-poll" in staff.browser.get(progress).content.decode() and desk.count(Matter) == 0
    settle(committed_firm.id)
    done = staff.browser.get(progress).content.decode()
    assert "data-poll" not in done and "The import is finished" in done
    imported = desk.count(Matter)
    assert imported == 4 and desk.fresh(batch).status == "done"
    send(staff, MIXED)  # the same file again
    staff.browser.post(reverse("import_start", args=[batch_of(committed_firm).id]))
    settle(committed_firm.id)
    assert desk.count(Matter) == imported


def test_explanations_open_safely_in_a_spreadsheet(desk: Desk, staff: Person) -> None:
    send(staff, MIXED)
    answer = staff.browser.get(reverse("import_explanations", args=[batch_of(desk.firm).id]))
    assert answer["Content-Disposition"].startswith("attachment") and answer["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 6 and rows[0][0] == "Line"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row)


def test_files_that_are_no_table_are_told_in_words(desk: Desk, staff: Person) -> None:
    for content, words in ((b"PK\x03\x04binary\x00\x00", "CSV"), (b" ", ""), (HEAD.encode(), "no row below")):
        answer = send(staff, content)
        assert answer.status_code == 422 and words in answer.content.decode()
        assert 'id="id_file_error"' in answer.content.decode()
    assert staff.browser.post(reverse("imports"), {}).status_code == 422
    assert desk.count(ImportBatch) == 0


def test_same_upload_twice_is_one_check(desk: Desk, staff: Person, key: str) -> None:
    first, second = send(staff, GOOD, idempotency_key=key), send(staff, GOOD, idempotency_key=key)
    assert first["Location"] == second["Location"] and desk.count(ImportBatch) == 1
