"""Answers: each once, by a named person, refused with a reason when late, double or without an exchange."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from casehug.intake.errors import Invalid, Refused
from casehug.intake.models import Client, Matter
from casehug.intake.models import Document as Item
from casehug.referrals.facts import FileFacts, InvitationFacts
from casehug.referrals.models import Attachment, Invitation, InvitationAnswer
from casehug.referrals.services.answers import (
    GivenFile,
    answer_invitation,
    answer_unknown,
    confirm_answer,
    refuse_answer,
)
from casehug.referrals.services.files import receive_file
from casehug.referrals.services.invitations import apply_invitation_state, record_conflict_check
from casehug.referrals.services.matters import accept_makes_matter
from tests.casehug.intake.conftest import PDF_BYTES

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def cleared(invitation: Invitation) -> Invitation:
    return record_conflict_check(invitation_id=invitation.id, result="clear")


def accept(invitation: Invitation, **more: object) -> InvitationAnswer:
    return answer_invitation(invitation_id=invitation.id, action="accept", **more)  # type: ignore[arg-type]


def test_without_an_exchange_nothing_is_queued(invitation: Invitation) -> None:
    with pytest.raises(Refused, match="No referral exchange is connected"):
        answer_invitation(invitation_id=invitation.id, action="evaluate")
    assert not InvitationAnswer.objects.exists()


def test_accepting_waits_for_the_conflict_check(connected: None, invitation: Invitation) -> None:
    with pytest.raises(Refused, match="conflict check comes first"):
        accept(invitation)
    with pytest.raises(Invalid):
        record_conflict_check(invitation_id=invitation.id, result="acceptable")
    record_conflict_check(invitation_id=invitation.id, result="conflict", note="We act for the other driver.")
    with pytest.raises(Refused, match="found a conflict"):
        accept(invitation)
    cleared(invitation)
    assert accept(invitation).state == "queued"


def test_accept_is_sent_once_and_makes_one_matter(
    connected: None, invitation: Invitation, published: Callable[[], list[str]]
) -> None:
    cleared(invitation)
    facts = FileFacts(key="a1", name="police report.pdf", content_type="application/pdf")
    receive_file(referral_id=invitation.referral_id, facts=facts, file=io.BytesIO(PDF_BYTES))
    retainer = GivenFile(io.BytesIO(PDF_BYTES + b"2"), "retainer.pdf", "application/pdf")
    answer = accept(invitation, file=retainer)
    assert accept(invitation).id == answer.id
    assert answer.attachment is not None and answer.attachment.purpose == "retainer"
    for _ in range(2):
        confirm_answer(answer_id=answer.id)
        accept_makes_matter(referral_id=invitation.referral_id)
    invitation.refresh_from_db()
    matter = Matter.objects.get()
    assert invitation.state == "accepted" and invitation.referral.matter_id == matter.id
    assert (matter.client and matter.client.full_name, matter.case_type.key) == ("Ada Quill", "divorce_standard")
    assert Item.objects.filter(matter=matter, name="police report.pdf", status="uploaded").count() == 1
    assert published().count("referral.answer_requested") == published().count("referral.answered") == 1


def test_the_retainer_is_a_pdf(connected: None, invitation: Invitation) -> None:
    cleared(invitation)
    with pytest.raises(Invalid) as caught:
        accept(invitation, file=GivenFile(io.BytesIO(PNG), "retainer.pdf"))
    assert "PDF" in caught.value.fields["file"] and not Attachment.objects.exists()
    assert not InvitationAnswer.objects.exists()


def test_a_possible_duplicate_waits_for_a_person(connected: None, invitation: Invitation) -> None:
    known = Client.objects.create(first_name="Ada", last_name="Q", email="ADA@example.com", email_key="ada@example.com")
    cleared(invitation)
    confirm_answer(answer_id=accept(invitation).id)
    assert not Matter.objects.exists()
    referral = accept_makes_matter(referral_id=invitation.referral_id, client_id=known.id)
    assert referral.matter is not None and referral.matter.client_id == known.id


def test_an_unmapped_case_type_waits_for_a_person(connected: None, scope: object) -> None:
    from tests.casehug.referrals.conftest import invite

    invitation = invite(case_type="Dog Bite Injuries")
    cleared(invitation)
    confirm_answer(answer_id=accept(invitation).id)
    assert not Matter.objects.exists()
    with pytest.raises(Invalid, match="another look"):
        accept_makes_matter(referral_id=invitation.referral_id)


def test_evaluating_leaves_both_answers_open(connected: None, invitation: Invitation) -> None:
    confirm_answer(answer_id=answer_invitation(invitation_id=invitation.id, action="evaluate").id)
    invitation.refresh_from_db()
    assert invitation.state == "evaluating" and invitation.evaluating_at
    with pytest.raises(Invalid):
        answer_invitation(invitation_id=invitation.id, action="decline")
    answer_invitation(invitation_id=invitation.id, action="decline", reason="No capacity")
    with pytest.raises(Refused, match="answered already: Decline"):
        accept(invitation)


def test_late_and_refused_answers_are_told(connected: None, invitation: Invitation) -> None:
    with pytest.raises(Refused, match="deadline of this invitation has passed"):
        answer_invitation(invitation_id=invitation.id, action="evaluate", now=timezone.now() + timedelta(hours=49))
    answer = answer_invitation(invitation_id=invitation.id, action="decline", reason="No capacity")
    refuse_answer(answer_id=answer.id, refusal="The exchange was closed.")
    again = answer_invitation(invitation_id=invitation.id, action="decline", reason="No capacity")
    assert again.id != answer.id
    answer_unknown(answer_id=again.id)
    again.refresh_from_db()
    assert again.state == "unknown"
    confirm_answer(answer_id=again.id)
    with pytest.raises(Refused, match="closed: Declined"):
        accept(invitation)


def test_contact_can_be_noted_again_and_after_acceptance(connected: None, invitation: Invitation) -> None:
    first = answer_invitation(invitation_id=invitation.id, action="contact_attempted")
    assert answer_invitation(invitation_id=invitation.id, action="contact_attempted").id == first.id
    confirm_answer(answer_id=first.id)
    apply_invitation_state(invitation_id=invitation.id, facts=InvitationFacts(state="accepted"))
    second = answer_invitation(invitation_id=invitation.id, action="contact_attempted")
    assert second.id != first.id
    invitation.refresh_from_db()
    assert invitation.contact_attempted_at is not None
