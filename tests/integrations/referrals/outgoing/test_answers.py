"""Answers to invitations: each arrives once, in order; what is late, double or foreign is refused in words."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from casehug.common.scope import firm_scope
from casehug.intake.errors import Refused
from casehug.referrals.models import Attachment, Invitation, InvitationAnswer
from casehug.referrals.services.answers import GivenFile
from integrations.models import ExternalLink
from integrations.sync import decide
from tests.integrations.referrals.outgoing.trade import Side

PDF = b"%PDF-1.4 " + b"x" * 2000
Pair = tuple[Side, Side]


def total(market: Any, kind: str) -> int:
    return int(market.control("GET", "ledger")[kind]["total"])


def test_an_acceptance_arrives_and_the_retainer_follows_it(market: Any, invited: Pair) -> None:
    sender, handler = invited
    file = GivenFile(io.BytesIO(PDF), "retainer.pdf", "application/pdf")
    handler.answer("evaluate")
    answer = handler.answer("accept", text="Gladly.", file=file)
    assert handler.answer("accept").id == answer.id  # pressed twice
    handler.settle()
    assert handler.read(answer).state == "confirmed" and handler.invitation().state == "accepted"
    assert [one.kind for one in handler.intents()] == ["invitation_answer", "invitation_answer", "attachment"]
    with firm_scope(handler.firm_id):
        assert Attachment.objects.get().state == "shared"
        assert set(ExternalLink.objects.filter(local_type="invitation_answer").values_list("external_id")) == {("",)}
    sender.news()
    with firm_scope(sender.firm_id):
        assert sender.only().state == "accepted"


@pytest.mark.parametrize("kept", [True, False])
def test_a_lost_reply_of_an_acceptance_settles_by_event_or_by_a_person(market: Any, invited: Pair, kept: bool) -> None:
    _, handler = invited
    if not kept:
        handler.forget_kept()
    handler.lose("case-invitation/accept")
    answer = handler.answer("accept")
    handler.settle()
    assert handler.read(answer).state == ("confirmed" if kept else "unknown")
    if not kept:
        assert handler.invitation().state == "new" and handler.rows("answer_invitation")[0][2] == "decide"
        handler.act(decide.it_arrived, intent_id=handler.intents()[0].id)
        handler.settle()
    assert handler.invitation().state == "accepted" and handler.rows("answer_invitation")[0][1] == "done"
    assert total(market, "answers") == 1


def test_news_settle_what_already_waits_for_a_person(market: Any, invited: Pair) -> None:
    _, handler = invited
    kept = handler.connection().profile["onboarding"]["stored"]
    handler.forget_kept()
    handler.lose("case-invitation/accept")
    answer = handler.answer("accept")
    handler.settle()
    assert handler.read(answer).state == "unknown"
    found = handler.connection()
    found.profile["onboarding"]["stored"] = kept
    handler.change(profile=found.profile)
    handler.news()  # the exchange tells that it was accepted
    decide.tick()
    handler.settle()
    assert handler.read(answer).state == "confirmed"
    assert handler.rows("answer_invitation")[0][1] == "done" and total(market, "answers") == 1


def test_late_and_double_answers_are_refused_in_words(market: Any, invited: Pair) -> None:
    sender, handler = invited
    row = handler.invitation()
    there = _remote(handler, row)
    market.control("POST", f"invitations/{there}/decline", reason="By telephone")
    answer = handler.answer("accept")
    handler.settle()
    refused = handler.read(answer)
    assert refused.state == "refused" and "already answered" in refused.refusal
    with firm_scope(handler.firm_id):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(Refused, match="deadline"):
        handler.answer("decline", reason="No capacity")


def test_an_answer_after_expiry_and_a_foreign_invitation(market: Any, invited: Pair) -> None:
    sender, handler = invited
    market.advance(200_000)
    answer = handler.answer("accept")
    handler.settle()
    refused = handler.read(answer)
    assert refused.state == "refused" and "expired" in refused.refusal
    with firm_scope(handler.firm_id):
        ExternalLink.objects.filter(local_type="invitation").update(external_id="65f000000000000000000042")
    other = handler.answer("evaluate")
    handler.settle()
    assert handler.read(other).refusal == "Lexamica does not know this invitation."


def _remote(handler: Side, row: Invitation) -> str:
    with firm_scope(handler.firm_id):
        found: str = ExternalLink.objects.get(local_type="invitation", local_id=row.id).external_id
        return found


def test_every_kind_of_answer_in_the_order_given(market: Any, invited: Pair) -> None:
    _, handler = invited
    for action in ("evaluate", "contact_attempted", "consult_complete"):
        handler.answer(action)
    handler.answer("decline", reason="Conflict of interest")
    handler.settle()
    with firm_scope(handler.firm_id):
        rows = list(InvitationAnswer.objects.order_by("at").values_list("action", "state"))
    assert {state for _, state in rows} == {"confirmed"} and total(market, "answers") == 4
    asked = handler.intents()
    assert [one.remote_id for one in asked] == [asked[0].remote_id] * 4 and handler.invitation().state == "declined"
