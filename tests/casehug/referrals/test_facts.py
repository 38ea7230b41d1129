"""News in any order, twice, or old: the end is the same, nothing is lost and nothing doubled."""

import io
import itertools
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from casehug.intake.errors import Invalid, Refused
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from casehug.referrals.facts import FileFacts, InvitationFacts, RelayFacts, SettlementFacts, UpdateFacts
from casehug.referrals.models import CaseUpdate, Invitation, Referral
from casehug.referrals.services import sending
from casehug.referrals.services.cases import receive_case, receive_settlement, receive_stage
from casehug.referrals.services.files import file_shared, receive_file, share_file
from casehug.referrals.services.invitations import apply_invitation_state, receive_invitation
from casehug.referrals.services.partners import remove_partner, save_partner
from casehug.referrals.services.sending import Offer
from casehug.referrals.services.updates import draft_update, drafted_words, post_update, receive_update, update_sent
from tests.casehug.intake.conftest import PDF_BYTES
from tests.casehug.referrals.conftest import WORD, case_facts, invite

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OFFER = Offer(case_type=WORD, summary="Hit at a crossing.", place="NY", incident_date=date(2026, 1, 5), consent=True)


@pytest.fixture
def matter(scope: uuid.UUID) -> Matter:
    client = create_client(first_name="Ada", last_name="Quill", phone="(212) 555-0142", email="ada@example.com")
    case_type = CaseType.objects.get(key="divorce_standard")
    return create_matter(title="Quill", case_type_id=case_type.id, client_id=client.id)


@pytest.mark.parametrize("order", list(itertools.permutations(["evaluating", "expired", "accepted"])))
def test_states_end_the_same_in_every_order(invitation: Invitation, order: tuple[str, ...]) -> None:
    for state in (*order, *order):
        apply_invitation_state(invitation_id=invitation.id, facts=InvitationFacts(state=state))
    invitation.refresh_from_db()
    assert (invitation.state, invitation.referral.state) == ("accepted", "accepted")


def test_a_case_offered_again_is_a_new_invitation(invitation: Invitation, published: Callable[[], list[str]]) -> None:
    apply_invitation_state(invitation_id=invitation.id, facts=InvitationFacts(state="expired"))
    again = receive_invitation(referral_id=invitation.referral_id, facts=InvitationFacts(expires_at=NOON))
    assert again.id != invitation.id and again.referral.state == "invited"
    assert published()[-2:] == ["referral.expired", "referral.invitation_received"]


def test_an_older_account_only_fills_gaps(scope: uuid.UUID) -> None:
    row = receive_case(facts=case_facts(at=NOON, phone="", stage="Received"))
    row = receive_case(referral_id=row.id, facts=case_facts(at=NOON - timedelta(hours=1), first_name="Adah"))
    assert (row.first_name, row.phone, row.stage) == ("Ada", "(212) 555-0142", "Received")
    assert receive_stage(referral_id=row.id, stage="Retained", at=NOON + timedelta(hours=2))
    assert not receive_stage(referral_id=row.id, stage="Evaluating", at=NOON + timedelta(hours=1))


def test_money_and_files_are_kept_once(scope: uuid.UUID) -> None:
    row = receive_case(facts=case_facts())
    for status in ("started", "started", "completed"):
        receive_settlement(referral_id=row.id, facts=SettlementFacts(key="s1", status=status, gross=Decimal("100.50")))
    assert [(each.status, each.gross) for each in row.settlements.all()] == [("completed", Decimal("100.50"))]
    facts = FileFacts(key="f1", name="x.exe")
    assert receive_file(referral_id=row.id, facts=facts).state == "pending"
    bad = receive_file(referral_id=row.id, facts=facts, file=io.BytesIO(b"MZ\x00\x01"))
    assert bad.state == "refused" and "kind of file" in bad.trouble and not bad.path
    good = FileFacts(key="f2", name="letter.pdf")
    first = receive_file(referral_id=row.id, facts=good, file=io.BytesIO(PDF_BYTES))
    assert first.state == "stored"
    assert receive_file(referral_id=row.id, facts=good, file=io.BytesIO(PDF_BYTES)).id == first.id


def test_refer_out_checks_first_and_sends_once(
    connected: None, matter: Matter, published: Callable[[], list[str]]
) -> None:
    wrong = Offer(case_type="Car accident", summary="", place="", incident_date=None, consent=False)
    with pytest.raises(Invalid) as caught:
        sending.refer_out(matter_id=matter.id, offer=wrong)
    assert set(caught.value.fields) == {"case_type", "summary", "place", "incident_date", "consent"}
    row = sending.refer_out(matter_id=matter.id, offer=OFFER)
    assert sending.refer_out(matter_id=matter.id, offer=OFFER).id == row.id
    assert published() == ["referral.send_requested"]
    sending.mark_unknown(referral_id=row.id)
    sending.apply_relay(referral_id=row.id, facts=RelayFacts(state="invited", look=2))
    assert sending.mark_failed(referral_id=row.id, trouble="no reply").state == "invited"
    assert sending.mark_sent(referral_id=row.id).state == "invited"
    row = sending.apply_relay(
        referral_id=row.id,
        facts=RelayFacts(state="accepted", partner_name="Birch Law", partner_remote_id="64f0", look=2),
    )
    assert sending.apply_relay(referral_id=row.id, facts=RelayFacts(state="all_declined")).state == "accepted"
    assert (row.looks, row.partner and row.partner.name) == (2, "Birch Law") and row.update_due_at
    with pytest.raises(Refused, match="stays in the address book"):
        remove_partner(partner_id=row.partner_id)  # type: ignore[arg-type]


def test_a_failed_one_is_tried_again_in_its_row(connected: None, matter: Matter) -> None:
    row = sending.refer_out(matter_id=matter.id, offer=OFFER)
    sending.mark_failed(referral_id=row.id, trouble="The exchange refused the phone number.")
    again = sending.refer_out(matter_id=matter.id, offer=OFFER)
    assert (again.id, again.state, again.trouble) == (row.id, "queued", "")
    assert sending.mark_sent(referral_id=row.id).state == "matching"
    lost = sending.apply_relay(referral_id=row.id, facts=RelayFacts(state="no_partner"))
    assert lost.state == "no_partner"
    assert sending.refer_out(matter_id=matter.id, offer=OFFER).id != row.id


def test_importing_needs_a_firm_or_an_explicit_draft(connected: None, matter: Matter) -> None:
    with pytest.raises(Invalid) as caught:
        sending.import_case(matter_id=matter.id, case_type=WORD, partner_id=None, suggestions=False)
    assert "partner" in caught.value.fields
    firm = save_partner(name="Birch Law", remote_id="64f0")
    row = sending.import_case(matter_id=matter.id, case_type=WORD, partner_id=firm.id, suggestions=False)
    assert sending.mark_sent(referral_id=row.id).state == "following"


def test_updates_go_once_and_do_not_come_back(connected: None, scope: uuid.UUID) -> None:
    invitation = invite()
    with pytest.raises(Refused, match="nobody to write to"):
        post_update(referral_id=invitation.referral_id, content="Hello")
    apply_invitation_state(invitation_id=invitation.id, facts=InvitationFacts(state="accepted"))
    row: Referral = Referral.objects.get()
    title, words = drafted_words(row)
    draft = draft_update(referral_id=row.id, title=title, content=words)
    sent = post_update(referral_id=row.id, title=title, content=words)
    assert sent.id == draft.id and CaseUpdate.objects.count() == 1
    back = receive_update(referral_id=row.id, facts=UpdateFacts(key="u1", content=words, ours=True))
    assert (back.id, back.state) == (draft.id, "sent")
    update_sent(update_id=sent.id, key="u1")
    late = NOON + timedelta(days=900)
    facts = UpdateFacts(key="u2", content="They filed suit.", stage="Litigation", happened_at=late)
    assert receive_update(referral_id=row.id, facts=facts).id == receive_update(referral_id=row.id, facts=facts).id
    row.refresh_from_db()
    assert row.stage == "Litigation" and row.update_due_at == NOON + timedelta(days=990)
    shared = share_file(referral_id=row.id, file=io.BytesIO(PDF_BYTES), filename="brief.pdf")
    assert share_file(referral_id=row.id, file=io.BytesIO(PDF_BYTES), filename="brief.pdf").id == shared.id
    file_shared(attachment_id=shared.id, key="f9")
