"""The pages: what each role sees and may press, honest while no exchange is connected."""

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.models import CaseType, Client, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from casehug.outbox.models import OutboxEvent
from casehug.referrals.choices import choices, save_choices
from casehug.referrals.facts import FileFacts, InvitationFacts, RelayFacts
from casehug.referrals.models import CaseUpdate, Invitation, InvitationAnswer, PartnerFirm, Referral
from casehug.referrals.services.answers import confirm_answer
from casehug.referrals.services.files import file_removed, file_shared, receive_file
from casehug.referrals.services.invitations import apply_invitation_state
from casehug.referrals.services.sending import apply_relay
from tests.casehug.intake.conftest import PDF_BYTES
from tests.casehug.referrals.conftest import SETTINGS, WORD, invite
from tests.conftest import Person


@pytest.fixture
def given(firm: Firm) -> Invitation:
    with firm_scope(firm.id):
        save_choices(SETTINGS)
        return invite()


def read(person: Person, name: str, *args: object, status: int = 200) -> str:
    answer = person.browser.get(reverse(name, args=args))
    assert answer.status_code == status, answer.content[:2000]
    return answer.content.decode()


def press(person: Person, route: str, /, *args: object, status: int = 302, **data: object) -> str:
    answer = person.browser.post(reverse(route, args=args), data)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.content.decode()


def test_without_an_exchange_the_page_explains_and_offers_no_answer(attorney: Person, firm: Firm) -> None:
    page = read(attorney, "referrals")
    assert "No referral exchange is connected" in page and "Accept" not in page
    with firm_scope(firm.id):
        invitation = invite()
    page = read(attorney, "invitation", invitation.id)
    assert "so nothing can be sent" in page
    press(attorney, "invitation_answer", invitation.id, action="evaluate")
    with firm_scope(firm.id):
        assert not InvitationAnswer.objects.exists()


def test_from_the_inbox_to_the_matter(connected: None, attorney: Person, given: Invitation) -> None:
    inbox = read(attorney, "referrals")
    assert "Ada Quill" in inbox and 'data-countdown="' in inbox
    press(attorney, "invitation_take", given.id)
    assert "Acknowledged by Attorney" in read(attorney, "referrals")
    page = read(attorney, "invitation", given.id)
    assert "conflict check comes first" in page and "2 hours are left" in page and ">2h<" not in page
    press(attorney, "invitation_conflict", given.id, result="acceptable", status=422)
    press(attorney, "invitation_conflict", given.id, result="clear")
    retainer = SimpleUploadedFile("retainer.pdf", PDF_BYTES, "application/pdf")
    press(attorney, "invitation_answer", given.id, action="accept", file=retainer)
    press(attorney, "invitation_answer", given.id, action="accept")
    assert "answered already: Accept" in read(attorney, "invitation", given.id)
    with firm_scope(attorney.firm_id):
        confirm_answer(answer_id=InvitationAnswer.objects.get().id)
        matter = Matter.objects.get()
    page = read(attorney, "matter", matter.id)
    assert "Received as a referral" in page and reverse("referral", args=[given.referral_id]) in page


def test_declining_needs_a_reason(connected: None, attorney: Person, given: Invitation) -> None:
    assert "Please choose." in press(attorney, "invitation_answer", given.id, action="decline", status=422)
    press(attorney, "invitation_answer", given.id, action="decline", reason="Other", status=422)
    press(attorney, "invitation_answer", given.id, action="decline", reason="No capacity")
    press(attorney, "invitation_answer", given.id, action="fly", status=422)


def test_roles(connected: None, staff: Person, auditor: Person, given: Invitation) -> None:
    assert "Only a firm admin or attorney may do this." in read(staff, "invitation", given.id)
    press(staff, "invitation_answer", given.id, action="accept", status=403)
    press(staff, "invitation_conflict", given.id, result="clear", status=403)
    press(staff, "invitation_answer", given.id, action="contact_attempted")
    read(auditor, "invitation", given.id)
    read(auditor, "referral", given.referral_id)
    press(auditor, "invitation_take", given.id, status=403)
    press(auditor, "referrals_partners", name="Birch Law", status=403)
    press(staff, "settings_referrals_save", status=403)
    press(staff, "invitation_assign", given.id, assigned_to=str(staff.user.id))
    press(staff, "invitation_assign", given.id, assigned_to="x", status=404)
    with firm_scope(staff.firm_id):
        assert InvitationAnswer.objects.get().actor_id == staff.user.id


def test_conflict_hits_say_why(connected: None, attorney: Person, given: Invitation) -> None:
    with firm_scope(attorney.firm_id):
        create_client(first_name="Ada", last_name="Quill", email="other@example.com")
        case_type = CaseType.objects.get(key="divorce_standard")
        create_matter(title="Moss v. Quill", case_type_id=case_type.id)
    page = read(attorney, "invitation", given.id)
    assert "Client with the same name" in page and "Moss v. Quill" in page and "names “Quill”" in page


def test_an_unmapped_case_waits_on_its_page(connected: None, staff: Person, given: Invitation) -> None:
    with firm_scope(staff.firm_id):
        Referral.objects.update(case_type="Dog Bite Injuries")
        apply_invitation_state(invitation_id=given.id, facts=InvitationFacts(state="accepted"))
        case_type = CaseType.objects.get(key="divorce_standard")
        known = create_client(first_name="Ada", last_name="Quill")
        receive_file(
            referral_id=given.referral_id, facts=FileFacts(key="f", name="a.pdf"), file=io.BytesIO(PDF_BYTES)
        )
    assert "Accepted, matter to be made" in read(staff, "referrals")
    assert "is not mapped" in read(staff, "referral", given.referral_id)
    press(staff, "referral_matter", given.referral_id, case_type="", status=422)
    for _ in range(2):
        press(staff, "referral_matter", given.referral_id, case_type=str(case_type.id), client=str(known.id))
    with firm_scope(staff.firm_id):
        assert Matter.objects.get().client_id == known.id and Client.objects.count() == 1
        file = given.referral.attachments.get()
    answer = staff.browser.get(reverse("referral_download", args=[given.referral_id, file.id]))
    assert b"".join(answer.streaming_content) == PDF_BYTES
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_updates_are_drafted_kept_and_sent_once(connected: None, staff: Person, given: Invitation) -> None:
    with firm_scope(staff.firm_id):
        apply_invitation_state(invitation_id=given.id, facts=InvitationFacts(state="accepted"))
    page = staff.browser.get(reverse("referral", args=[given.referral_id]) + "?draft=1").content.decode()
    assert "There has been no other change since" in page
    press(staff, "referral_update", given.referral_id, content="Suit filed.", act="draft")
    assert "Suit filed." in read(staff, "referral", given.referral_id)
    for _ in range(2):
        press(staff, "referral_update", given.referral_id, content="Suit filed.", act="send", idempotency_key="k1")
    press(staff, "referral_update", given.referral_id, content="", act="send", status=422)
    with firm_scope(staff.firm_id):
        assert [row.state for row in CaseUpdate.objects.all()] == ["queued"]
        Referral.objects.update(update_due_at="2026-01-01T00:00Z")
    assert "Ada Quill" in read(staff, "referrals_due") and "overdue" in read(staff, "referral", given.referral_id)
    brief = SimpleUploadedFile("brief.pdf", PDF_BYTES, "application/pdf")
    press(staff, "referral_file", given.referral_id, file=brief)
    assert "Pending until confirmed" in read(staff, "referral", given.referral_id)
    with firm_scope(staff.firm_id):
        file = given.referral.attachments.get()
        assert "Remove file" not in read(staff, "referral", given.referral_id)
        file_shared(attachment_id=file.id, key="f-1")
    assert "Remove file" in read(staff, "referral", given.referral_id)
    for _ in range(2):
        staff.browser.post(reverse("referral_file_remove", args=[given.referral_id, file.id]))
    with firm_scope(staff.firm_id):
        asked = OutboxEvent.objects.filter(type="referral.file_requested", data__act="remove")
        assert asked.exists() and given.referral.attachments.get().state == "shared"
        file_removed(attachment_id=file.id)
    assert "Remove file" not in read(staff, "referral", given.referral_id)


def test_refer_out_from_the_matter(connected: None, attorney: Person, firm: Firm) -> None:
    with firm_scope(firm.id):
        save_choices(SETTINGS)
        case_type = CaseType.objects.get(key="divorce_standard")
        matter = create_matter(title="Moss", case_type_id=case_type.id)
    assert "Refer out" in read(attorney, "matter", matter.id)
    assert "no client yet" in read(attorney, "matter_refer", matter.id)
    sent = {"case_type": WORD, "place": "NY", "incident_date": "2026-01-05", "summary": "Hit.", "consent": "on"}
    assert "no client yet" in press(attorney, "matter_refer", matter.id, status=422, **sent)
    with firm_scope(firm.id):
        client = create_client(first_name="Ida", last_name="Moss", phone="(212) 555-0143")
        Matter.objects.update(client=client)
    for _ in range(2):
        press(attorney, "matter_refer", matter.id, **sent)
    assert "referred out already" in read(attorney, "matter_refer", matter.id)
    with firm_scope(firm.id):
        row = Referral.objects.get()
        apply_relay(referral_id=row.id, facts=RelayFacts(state="all_declined"))
    assert "found no firm" in read(attorney, "dashboard")
    press(attorney, "referral_seen", row.id)
    assert "found no firm" not in read(attorney, "dashboard")
    assert "Ida Moss" in read(attorney, "referrals_cases", "out")
    read(attorney, "referrals_cases", "sideways", status=404)


def test_address_book_and_settings(admin: Person, firm: Firm) -> None:
    press(admin, "referrals_partners", name="Birch Law", remote_id="64f0")
    press(admin, "referrals_partners", name="Birch Two", remote_id="64f0", status=422)
    with firm_scope(firm.id):
        row = PartnerFirm.objects.get()
    press(admin, "referrals_partner", row.id, name="Birch & Law", remote_id="64f0")
    assert "Birch &amp; Law" in read(admin, "referrals_partners")
    press(admin, "referrals_partner_remove", row.id)
    read(admin, "referrals_partner", uuid.uuid4(), status=404)
    values = {"alarms": ["2h"], "escalate_minutes": "30", "vocabulary": f"{WORD}\n\nDog  Bite Injuries\n{WORD}"}
    press(admin, "settings_referrals_save", **values)
    press(admin, "settings_referrals_save", **values, word0="divorce_standard")
    with firm_scope(firm.id):
        found = choices()
    assert found.vocabulary == (WORD, "Dog Bite Injuries") and found.case_types == {WORD: "divorce_standard"}
    assert (found.alarms, found.conflict_check_first) == (("2h",), False)
    with firm_scope(firm.id):
        Referral.objects.create(direction="in", state="accepted", last_name="Moor", case_type="Dog Bite Injuries")
    mapped = {**values, "word0": "divorce_standard", "word1": "divorce_standard", "escalate_to": str(admin.user.id)}
    press(admin, "settings_referrals_save", **mapped)
    assert "1 waiting case was opened as a matter" in read(admin, "settings_referrals")
    press(admin, "settings_referrals_save", **{**mapped, "escalate_to": str(uuid.uuid4())}, status=422)
    press(admin, "settings_referrals_save", escalate_minutes="30", status=422)
    assert "Dog Bite Injuries" in read(admin, "settings_referrals")
