"""Import of cases that other firms handle: dry run, rows and reasons, pause, resume, cancel, results, roles."""

import csv
import io
import uuid
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.imports.decoding import FileProblem
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from casehug.outbox.models import OutboxEvent
from casehug.referrals.choices import save_choices
from casehug.referrals.models import CaseImport, CaseImportRow, PartnerFirm, Referral
from casehug.referrals.selectors.imports import report_csv
from casehug.referrals.services import import_runs
from casehug.referrals.services.import_files import COLUMNS, read_file, template_csv
from casehug.referrals.services.import_runs import cancel_import, import_chunk, pause_import, run_import, start_import
from casehug.referrals.services.imports import check_file
from casehug.referrals.services.partners import save_partner
from casehug.referrals.services.sending import mark_sent
from tests.casehug.referrals.conftest import SETTINGS, WORD
from tests.conftest import Person

FILE = f"""first name;Surname;E-Mail;Practice area;State;Incident date;Partner firm ID;Shoe size
Ada;Quill;ada@example.com;motor vehicle accident;NY;2026-01-05;64f0;38
Ben;Hale;;{WORD};;;;40
Cyd;Moor;;Divorce;ZZ;05/01/26;64f0;41
=1+1;Ode;;{WORD};;;64f0;42
Ada;Quill;ada@example.com;{WORD};NY;2026-01-05;64f0;38
Dan;Pike;;{WORD};;;9999;43
""".encode()


def rows(one: CaseImport) -> dict[int, CaseImportRow]:
    return {row.line: row for row in CaseImportRow.objects.filter(case_import=one).order_by("line")}


@pytest.fixture
def partner(scope: uuid.UUID) -> PartnerFirm:
    return save_partner(name="Birch Law", remote_id="64f0")


def sent_kinds() -> list[str]:
    return list(OutboxEvent.objects.filter(type="referral.import_requested").values_list("type", flat=True))


def test_the_dry_run_says_what_becomes_of_every_row(partner: PartnerFirm) -> None:
    one = check_file(data=FILE, filename="cases.csv")
    found = rows(one)
    assert [row.outcome for row in found.values()] == ["ready", "refused", "refused", "ready", "known", "refused"]
    assert found[2].values["case_type"] == WORD and found[2].partner == partner
    assert "only keeps a draft with suggestions" in found[3].messages[0]
    said = " ".join(found[4].messages)
    assert "“ZZ” is no US state" in said and "is no day" in said and "“Divorce” is no case type" in said
    assert "not in your address book" in found[7].messages[0]
    assert any("Shoe size" in notice for notice in one.notices)
    assert not Referral.objects.exists() and not sent_kinds()
    drafts = check_file(data=FILE, filename="cases.csv", suggestions=True)
    assert rows(drafts)[3].outcome == "draft" and "nobody is invited" in rows(drafts)[3].messages[0]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04zip", b"a;b\n1;2", b"Case type;Last name\n"])
def test_a_file_that_is_no_such_list_is_told(partner: PartnerFirm, data: bytes) -> None:
    with pytest.raises(FileProblem):
        check_file(data=data, filename="x.csv")


def test_the_template_is_read_by_the_reader() -> None:
    found, notices = read_file(template_csv().encode())
    assert not notices and set(found[0].cells) | {"matter"} == set(COLUMNS)


def test_it_is_paced_paused_resumed_and_ends_once(
    connected: None, partner: PartnerFirm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_runs, "AT_ONCE", 2)
    lines = "".join(f"P{n},Hale{n},{WORD},64f0\n" for n in range(5))
    one = check_file(data=b"First name,Last name,Case type,Partner firm ID\n" + lines.encode(), filename="five.csv")
    assert not import_chunk(case_import_id=one.id) and not Referral.objects.exists()  # not started
    for _ in range(2):
        start_import(case_import_id=one.id)
    assert WorkItem.objects.filter(kind="import_cases").count() == 1
    assert import_chunk(case_import_id=one.id) and import_chunk(case_import_id=one.id)
    assert len(sent_kinds()) == 2, "no more than may wait at once"
    pause_import(case_import_id=one.id)
    for row in Referral.objects.all():
        mark_sent(referral_id=row.id)
    assert not import_chunk(case_import_id=one.id) and len(sent_kinds()) == 2
    start_import(case_import_id=one.id)
    import_chunk(case_import_id=one.id)
    for row in Referral.objects.filter(state="queued"):
        mark_sent(referral_id=row.id)
    item = SimpleNamespace(firm_id=partner.firm_id, subject_id=one.id)
    assert run_import(item).status == "done"
    one.refresh_from_db()
    assert one.status == "done" and len(sent_kinds()) == Referral.objects.count() == 5
    assert set(Referral.objects.values_list("state", flat=True)) == {"following", "queued"}
    again = check_file(data=b"First name,Last name,Case type,Partner firm ID\n" + lines.encode(), filename="five.csv")
    assert {row.outcome for row in rows(again).values()} == {"known"}


def test_cancel_leaves_out_the_rest_and_the_results_are_safe(connected: None, partner: PartnerFirm) -> None:
    one = check_file(data=FILE, filename="cases.csv")
    start_import(case_import_id=one.id)
    cancel_import(case_import_id=one.id)
    assert not import_chunk(case_import_id=one.id) and not Referral.objects.exists()
    told = list(csv.reader(io.StringIO(report_csv(one).removeprefix("\ufeff"))))
    assert told[4][1] == "'=1+1 Ode" and told[4][4] == "Cancelled" and len(told) == 7


def test_matters_are_chosen_on_the_page(connected: None, attorney: Person, staff: Person, firm: Firm) -> None:
    with firm_scope(firm.id):
        save_choices(SETTINGS)
        partner = save_partner(name="Birch Law", remote_id="64f0")
        case_type = CaseType.objects.get(key="divorce_standard")
        client = create_client(first_name="Ida", last_name="Moss")
        made = [create_matter(title=f"Moss {n}", case_type_id=case_type.id, client_id=client.id) for n in range(2)]
        ids = [matter.public_id for matter in made]
    page, browser = reverse("referral_import_choose"), attorney.browser
    assert f"<option selected>{WORD}</option>" in browser.get(page).content.decode()
    assert "Choose at least one matter" in browser.post(page, {}).content.decode()
    data = {"matter": ids, f"type-{ids[0]}": WORD, f"type-{ids[1]}": WORD, f"partner-{ids[0]}": partner.public_id}
    where = browser.post(page, data).headers["Location"]
    shown = browser.get(where).content.decode()
    assert "Nothing is sent yet" in shown and "only keeps a draft" in shown and "Start the import" in shown
    browser.post(f"{where}act/", {"act": "start"})
    with firm_scope(firm.id):
        assert not import_chunk(case_import_id=CaseImport.objects.get().id)
        assert Referral.objects.get().matter_id == Matter.objects.get(title="Moss 0").id
    assert "Waiting to be sent" in browser.get(f"{where}progress/").content.decode()
    assert b"Moss 0" in browser.get(f"{where}results.csv").content
    assert staff.browser.get(where).status_code == staff.browser.get(page).status_code == 403


def test_a_file_is_checked_on_the_page(attorney: Person, firm: Firm) -> None:
    page = reverse("referral_imports")
    bad = attorney.browser.post(page, {"file": SimpleUploadedFile("x.csv", b"%PDF-1.7")})
    assert bad.status_code == 422 and b"This is a PDF" in bad.content
    answer = attorney.browser.post(page, {"file": SimpleUploadedFile("x.csv", FILE)})
    shown = attorney.browser.get(answer.headers["Location"]).content.decode()
    assert "There is nothing to import" in shown
    assert attorney.browser.get(reverse("referral_import_template")).content.startswith(b"\xef\xbb\xbf")
