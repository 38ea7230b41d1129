"""The import from file to matters: dry run, repetition, single bad rows, resuming, and the command."""

import io
import json
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.imports.check import check_intakes
from casehug.intake.imports.decoding import FileProblem
from casehug.intake.imports.report import import_counts, report_csv, report_rows
from casehug.intake.imports.run import import_chunk, run_import, start_import
from casehug.intake.models import Answer, CaseType, Client, ImportBatch, ImportRow, Matter, Note, Submission
from casehug.intake.selectors import matter_for_sync
from casehug.intake.services.matters import create_matter
from casehug.outbox.models import OutboxEvent

AWKWARD = Path(__file__).parent / "fixtures" / "awkward.csv"
# The awkward example that accompanies the project's designs; not part of the checkout.
SHARED = Path(__file__).parents[5] / "shared" / "data" / "intakes.csv"


def imported(data: bytes) -> ImportBatch:
    batch = check_intakes(data=data, filename="intakes.csv")
    while import_chunk(batch_id=batch.id, size=500):
        pass
    batch.refresh_from_db()
    return batch


def outcomes(batch: ImportBatch) -> dict[str, str]:
    return {row.source_reference or f"line {row.line}": row.outcome for row in ImportRow.objects.filter(batch=batch)}


def codes(batch: ImportBatch, reference: str) -> set[str]:
    row = ImportRow.objects.filter(batch=batch, source_reference=reference).order_by("line")[0]
    return {message["code"] for message in row.messages}


def test_the_dry_run_creates_nothing_and_explains_every_row(scope: uuid.UUID) -> None:
    batch = check_intakes(data=AWKWARD.read_bytes(), filename="awkward.csv")
    assert not Matter.objects.exists() and not Client.objects.exists()
    rows = list(ImportRow.objects.filter(batch=batch).order_by("line"))
    assert len(rows) == batch.total_rows == 19
    assert Counter(row.outcome for row in rows) == {"ready": 9, "refused": 7, "different": 1, "duplicate": 2}
    assert all(row.messages for row in rows if row.outcome != "ready")
    assert [row.line for row in rows if row.outcome == "refused"] == [8, 9, 10, 11, 16, 17, 20]
    assert any("Internal Notes" in notice for notice in batch.notices)


def test_the_awkward_file_ends_as_matters_and_sentences(scope: uuid.UUID) -> None:
    batch = imported(AWKWARD.read_bytes())
    counts = import_counts(batch)
    assert (batch.status, counts.imported, counts.duplicate, counts.explained, counts.left) == ("done", 9, 2, 8, 0)
    assert codes(batch, "A-4") == {"formula_text", "email_unusable", "contact_unknown"}
    assert codes(batch, "A-5") == {
        "marks_removed", "email_unusable", "phone_unverified", "state_unknown", "date_unreadable",
    }  # fmt: skip
    assert codes(batch, "A-16") == {"half_name", "date_converted"}
    assert codes(batch, "A-17") == {"date_in_future"}


def test_what_was_written_arrives_unchanged_and_runs_nowhere(scope: uuid.UUID) -> None:
    batch = imported(AWKWARD.read_bytes())
    formula = Matter.objects.get(source_reference="A-4").client
    assert formula is not None
    assert (formula.first_name, formula.last_name) == ('=HYPERLINK("http://example.com","x")', "{{7*7}}")
    assert formula.phone == "+493018159083"
    hidden = Matter.objects.get(source_reference="A-5")
    assert hidden.client is not None
    assert (hidden.client.first_name, hidden.client.last_name) == ("Reversed", "Zoë")
    assert (hidden.client.email, hidden.client.phone, hidden.state) == ("", "call my sister", "")
    kept = dict(Answer.objects.filter(submission__matter=hidden).values_list("question_key", "value"))
    assert kept["email_as_given"] == "two@@example.com"
    assert kept["state_as_given"] == "Atlantis"
    assert kept["incident_date_as_given"] == "31/31/2026"
    assert Answer.objects.get(value__startswith="Line one").value == 'Line one\nLine "two"; three, four'
    assert "'=HYPERLINK" not in report_csv(batch)  # names are not in the report at all
    assert Answer.objects.get(value="<script>alert(1)</script>").question_key == "statement"


def test_each_row_is_a_submission_with_provenance_and_notes_stay_inside(scope: uuid.UUID) -> None:
    imported(AWKWARD.read_bytes())
    matter = Matter.objects.get(source_reference="A-1")
    submission = Submission.objects.get(matter=matter)
    assert (submission.source, submission.submitted_at is not None) == ("csv_import", True)
    answers = {answer.question_key: answer.value for answer in matter_for_sync(matter.id).answers}
    assert answers["incident_date"] == "2026-03-14"
    assert (answers["county"], answers["preferred_contact"], matter.county) == ("Kings", "phone", "Kings")
    assert "Seems upset" not in repr(matter_for_sync(matter.id))
    assert "Seems upset" in Note.objects.get(matter=matter).body
    assert matter.documents.filter(required=True).exists()
    assert OutboxEvent.objects.filter(type="matter.created", data__source="csv_import").count() == 9


def test_the_same_person_is_one_client_and_a_shared_address_is_not(scope: uuid.UUID) -> None:
    imported(AWKWARD.read_bytes())
    by_reference = {matter.source_reference: matter.client_id for matter in Matter.objects.all()}
    assert by_reference["A-1"] == by_reference["A-2"] != by_reference["A-3"]
    assert Client.objects.filter(email_key="ada@example.com").count() == 2


def test_importing_twice_changes_nothing(scope: uuid.UUID) -> None:
    data = AWKWARD.read_bytes()
    imported(data)
    before = set(Matter.objects.values_list("id", flat=True)), Client.objects.count()
    again = imported(data.decode("utf-8-sig").encode("utf-16"))  # the same rows, written in another encoding
    assert (set(Matter.objects.values_list("id", flat=True)), Client.objects.count()) == before
    counts = import_counts(again)
    assert (counts.imported, counts.duplicate, counts.explained) == (0, 11, 8)


def test_changed_rows_are_told_and_not_overwritten(scope: uuid.UUID) -> None:
    head = "First Name,Last Name,Case Type,Statement,Source Ref\n"
    imported(f"{head}Ada,Quill,Other,first,R-1\n".encode())
    batch = imported(f"{head}Ada,Quill,Other,second,R-1\n".encode())
    assert outcomes(batch) == {"R-1": "different"}
    assert Answer.objects.filter(question_key="statement").get().value == "first"


def test_a_reference_taken_after_the_check_is_explained(scope: uuid.UUID) -> None:
    batch = check_intakes(data=b"Name,Case Type,Source Ref\nAda Quill,Other,R-1\n", filename="a.csv")
    other = CaseType.objects.get(key="other")
    create_matter(title="By hand", case_type_id=other.id, source_reference="R-1")
    assert import_chunk(batch_id=batch.id) == 0
    assert outcomes(batch) == {"R-1": "different"}


def test_one_row_the_database_refuses_does_not_stop_the_others(scope: uuid.UUID) -> None:
    lines = "".join(f"Ada,Quill{number},Other,R-{number}\n" for number in range(5))
    batch = check_intakes(data=f"First Name,Last Name,Case Type,Source Ref\n{lines}".encode(), filename="a.csv")
    row = ImportRow.objects.get(batch=batch, source_reference="R-2")
    row.values = row.values | {"last_name": "x" * 300}
    row.save()
    broken = ImportRow.objects.get(batch=batch, source_reference="R-3")
    broken.values = broken.values | {"kept": {"k" * 70: "too long a key for the table"}}
    broken.save()
    assert import_chunk(batch_id=batch.id) == 0
    assert outcomes(batch) == {
        "R-0": "imported", "R-1": "imported", "R-2": "failed", "R-3": "failed", "R-4": "imported",
    }  # fmt: skip
    assert Matter.objects.count() == Client.objects.count() == 3


def test_a_case_type_removed_after_the_check_is_explained(scope: uuid.UUID) -> None:
    batch = check_intakes(data=b"Name,Case Type,Source Ref\nAda Quill,Probate,R-1\nBen Quill,Other,R-2\n", filename="a")
    CaseType.objects.filter(key="probate").delete()
    assert import_chunk(batch_id=batch.id) == 0
    assert outcomes(batch) == {"R-1": "failed", "R-2": "imported"}
    assert codes(batch, "R-1") == {"name_split", "case_type_gone"}


def test_an_import_can_be_stopped_and_resumed(scope: uuid.UUID) -> None:
    lines = "".join(f"Ada,Quill{number},Other,R-{number}\n" for number in range(7))
    batch = check_intakes(data=f"First Name,Last Name,Case Type,Source Ref\n{lines}".encode(), filename="a.csv")
    assert import_chunk(batch_id=batch.id, size=3) == 4
    batch.refresh_from_db()
    assert (batch.status, Matter.objects.count()) == ("importing", 3)
    assert import_chunk(batch_id=batch.id, size=3) == 1
    assert import_chunk(batch_id=batch.id, size=3) == 0
    assert Matter.objects.count() == 7


def test_a_worker_imports_what_the_page_started(committed_firm: Firm) -> None:
    with firm_scope(committed_firm.id):
        batch = check_intakes(data=AWKWARD.read_bytes(), filename="a.csv")
        item = start_import(batch_id=batch.id)
        assert start_import(batch_id=batch.id).id == item.id
        assert WorkItem.objects.filter(kind="import_intakes").count() == 1
    assert run_import(item).status == "done"
    with firm_scope(committed_firm.id):
        assert Matter.objects.count() == 9


def test_another_firm_has_its_own_references(firm: Firm, other_firm: Firm) -> None:
    for each in (firm, other_firm):
        with firm_scope(each.id):
            assert import_counts(imported(AWKWARD.read_bytes())).imported == 9


def test_report_is_paged_and_safe_to_open(scope: uuid.UUID) -> None:
    reference = "=1+1"
    batch = imported(f"First Name,Last Name,Case Type,Source Ref\nAda,Quill,Other,{reference}\n,,Other,x\n".encode())
    assert ",'=1+1," in report_csv(batch)
    first, after = report_rows(batch, size=1)
    second, end = report_rows(batch, after_line=after, size=1)
    assert ([row.line for row in first], [row.line for row in second], end) == ([2], [3], 0)
    assert [row.line for row in report_rows(batch, outcome="refused")[0]] == [3]


def test_unreadable_files_leave_no_batch(scope: uuid.UUID) -> None:
    for data in (b"PK\x03\x04", b"Email,Phone\na@example.com,1\n", b"First Name,Last Name,Case Type\n"):
        with pytest.raises(FileProblem):
            check_intakes(data=data, filename="x.csv")
    assert not ImportBatch.objects.exists()


def run_command(*arguments: Any, **options: Any) -> str:
    output = io.StringIO()
    call_command("import_intakes", *arguments, stdout=output, **options)
    return output.getvalue()


def test_the_command_checks_then_imports(committed_firm: Firm, tmp_path: Path) -> None:
    slug = committed_firm.slug
    text = run_command(str(AWKWARD), firm=slug, dry_run=True)
    assert "9 will be imported" in text and "Line 8: Not imported." in text
    data = json.loads(run_command(str(AWKWARD), firm=slug, json=True, report=tmp_path / "report.csv"))
    assert data["counts"]["imported"] == 9 and len(data["rows"]) == data["counts"]["total"]
    assert len((tmp_path / "report.csv").read_text("utf-8-sig").splitlines()) == 20
    assert "0 imported, 11 imported before, 8 not imported" in run_command(str(AWKWARD))
    with pytest.raises(CommandError) as caught:
        run_command(str(AWKWARD), firm=slug, strict=True)
    assert caught.value.returncode == 1
    for path, firm in ((tmp_path / "none.csv", slug), (AWKWARD, "nobody")):
        with pytest.raises(CommandError) as caught:
            run_command(str(path), firm=firm)
        assert caught.value.returncode == 2


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the shared example file is not on this machine")
def test_every_row_of_the_shared_file_is_imported_or_explained(scope: uuid.UUID, elapsed: Callable[[], float]) -> None:
    batch = imported(SHARED.read_bytes())
    rows = list(ImportRow.objects.filter(batch=batch))
    assert len(rows) == 1200
    for row in rows:
        assert row.outcome in ("imported", "duplicate") or row.messages
        assert row.outcome != "failed", row.messages
    assert Counter(row.outcome for row in rows) == {"imported": 1183, "refused": 14, "different": 3}
    assert Matter.objects.filter(client__first_name__contains="\ufffd").count() == 0
    longest = Client.objects.filter(first_name__regex="^.{255}$").count()
    assert longest == sum(len(row.values["first_name"]) == 255 for row in rows if row.outcome == "imported")
    assert elapsed() < 60
