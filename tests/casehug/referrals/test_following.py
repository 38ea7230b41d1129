"""The matter of a case we referred out follows what is told: mapped, in any order, never against a later person."""

import itertools
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from casehug.audit.models import AuditEntry
from casehug.audit.services import append_pending
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.models import CaseType, Matter, StatusChange
from casehug.intake.services.matters import archive_matter, change_status, create_matter
from casehug.outbox.models import OutboxEvent
from casehug.referrals import slots, statuses
from casehug.referrals.facts import CaseFacts, RelayFacts, SettlementFacts
from casehug.referrals.models import Referral
from casehug.referrals.selectors.statuses import stage_words, unmapped_stages
from casehug.referrals.services import following
from casehug.referrals.services.cases import receive_case, receive_settlement, receive_stage
from casehug.referrals.services.sending import apply_relay
from tests.casehug.referrals.conftest import invite

ORIGIN = "connection:01980000-0000-7000-8000-000000000001"
LATER = timezone.now() + timedelta(hours=1)
News = Callable[[uuid.UUID], object]


def sent(*, state: str = "invited", matter: Matter | None = None) -> Referral:
    matter = matter or create_matter(title="Moss", case_type_id=CaseType.objects.get(key="divorce_standard").id)
    return Referral.objects.create(direction="out", state=state, matter=matter, provider="exchange")


def stage(word: str, minutes: int = 0) -> News:
    return lambda one: receive_stage(referral_id=one, stage=word, at=LATER + timedelta(minutes=minutes), origin=ORIGIN)


def relay(state: str, minutes: int = 0) -> News:
    facts = RelayFacts(state=state, at=LATER + timedelta(minutes=minutes))
    return lambda one: apply_relay(referral_id=one, facts=facts, origin=ORIGIN)


def money(status: str, minutes: int = 0) -> News:
    facts = SettlementFacts(key="s", status=status, gross=Decimal(9000), at=LATER + timedelta(minutes=minutes))
    return lambda one: receive_settlement(referral_id=one, facts=facts, origin=ORIGIN)


def status(row: Referral) -> str:
    return str(Matter.objects.get(id=row.matter_id).status)


def test_stages_results_and_settlements_set_the_status(scope: uuid.UUID) -> None:
    row = sent()
    for news, wanted in (
        (stage("Received"), "pending"), (stage("Mediation", 1), "pending"), (relay("accepted", 2), "active"),
        (stage("  rETAINED ", 3), "active"), (money("started", 4), "active"), (money("completed", 5), "closed"),
        (stage("Litigation", 6), "closed"),
    ):  # fmt: skip
        news(row.id)
        assert status(row) == wanted
    changes = StatusChange.objects.filter(matter=row.matter).exclude(from_status="")
    assert list(changes.order_by("id").values_list("to_status", "source")) == [
        ("active", "exchange"), ("closed", "exchange")
    ]  # fmt: skip
    events = OutboxEvent.objects.filter(type="matter.updated", data__fields=["status"])
    assert set(events.values_list("origin", flat=True)) == {ORIGIN} and events.count() == 2
    assert unmapped_stages() == [], "a word that is not told any more waits for nobody"
    told = [str(one["sentence"]) for one in slots.timeline(matter=row.matter)]
    assert "A firm accepted the case: the matter was set to Active here." in told
    assert "The settlement is completed: the matter was set to Closed here." in told


def test_unknown_words_are_a_bucket_and_change_nothing(scope: uuid.UUID) -> None:
    row = sent()
    stage("Mediation")(row.id)
    assert status(row) == "pending" and unmapped_stages() == ["Mediation"]
    key = statuses.key_of("stage", "mediation")
    assert statuses.save_statuses(changes={key: "active"}, stages=stage_words()) == 1
    assert unmapped_stages() == [] and status(row) == "pending", "it counts from the next news on"
    stage("Mediation", 1)(row.id)
    assert status(row) == "active"


MESS = (
    relay("all_declined", 1), relay("accepted", 2), stage("Evaluating", 1), stage("Retained", 3), stage("Mediation", 5),
    stage("Retained", 4),
)  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [({}, "active"),
     ({"result:all_declined": "closed", "result:accepted": "leave", "stage:retained": "leave"}, "closed"),
     ({"result:all_declined": "closed", "stage:evaluating": "pending"}, "active")],
)  # fmt: skip
def test_every_order_ends_the_same(scope: uuid.UUID, chosen: dict[str, str], wanted: str) -> None:
    statuses.save_statuses(changes=chosen, stages=["Evaluating", "Retained"])
    for number, order in enumerate(itertools.permutations(MESS)):
        if number % 97:  # coprime to 720: every place is taken by every news
            continue
        row = sent()
        for news in (*order, order[0], order[3]):
            news(row.id)
        assert status(row) == wanted, order
        Referral.objects.filter(id=row.id).update(state="cancelled")


def test_older_news_never_take_it_back(scope: uuid.UUID) -> None:
    row = sent()
    stage("Closed No Fee", 5)(row.id)
    stage("Litigation", 1)(row.id)
    relay("accepted", 0)(row.id)
    assert status(row) == "closed" and Referral.objects.get(id=row.id).stage == "Closed No Fee"


def test_what_a_person_set_after_the_news_stays(scope: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    row = sent()
    stage("Litigation")(row.id)
    Matter.objects.filter(id=row.matter_id).update(status_set_at=timezone.now() - timedelta(hours=2))
    change_status(matter_id=row.matter_id, to="pending")
    Matter.objects.filter(id=row.matter_id).update(status_set_at=LATER + timedelta(minutes=10))
    stage("Litigation", 5)(row.id)
    money("completed", 6)(row.id)
    assert status(row) == "pending"
    told = [str(one["sentence"]) for one in slots.timeline(matter=row.matter)]
    assert "The settlement is completed: Closed was not set, because the status was changed here after that." in told
    other = sent()
    Matter.objects.filter(id=other.matter_id).update(status_set_at=LATER + timedelta(minutes=10))
    stage("Retained", 11)(other.id)
    assert status(other) == "active", "news that are newer than the person's choice count"


def test_a_repeated_stage_does_not_undo_a_person(scope: uuid.UUID) -> None:
    """An edit of something else repeats the stage; it is no change of the stage."""
    row = sent()
    stage("Litigation", 1)(row.id)
    change_status(matter_id=row.matter_id, to="closed")
    facts = CaseFacts(stage="Litigation", phone="(212) 555-0143", at=LATER + timedelta(days=1))
    receive_case(facts=facts, referral_id=row.id, origin=ORIGIN)
    assert status(row) == "closed" and Referral.objects.get(id=row.id).phone


def test_archived_received_and_offered_anew_are_left_alone(scope: uuid.UUID) -> None:
    row = sent()
    archive_matter(matter_id=row.matter_id)
    stage("Retained")(row.id)
    assert status(row) == "archived" and following.followed(Referral.objects.get(id=row.id))[0]["result"] == "archived"
    first = sent(state="all_declined")
    again = sent(matter=first.matter)
    stage("Closed No Fee", 1)(first.id)
    assert status(first) == "pending", "the matter follows the case it was offered with last"
    relay("accepted", 2)(again.id)
    assert status(again) == "active"
    lead = Referral.objects.create(direction="out", state="invited", provider="exchange", lead_form=True)
    stage("Retained")(lead.id)
    received = invite().referral
    stage("Retained")(received.id)
    assert received.matter_id is None and following.followed(Referral.objects.get(id=received.id)) == []


def test_it_is_audited(scope: uuid.UUID, firm: Firm) -> None:
    row = sent()
    stage("Retained")(row.id)
    statuses.save_statuses(changes={"stage:retained": "pending", "result:settled": "leave"}, stages=["Retained"])
    statuses.reset_statuses(key="result:settled")
    append_pending()
    with firm_scope(firm.id):
        found = {one.action: one.changes for one in AuditEntry.objects.order_by("seq")}
        versions = [one.changes["version"] for one in AuditEntry.objects.filter(action="referrals.statuses_changed")]
    assert found["referral.status_followed"] == {"status": "active", "line": "stage:retained", "result": "set"}
    assert found["referrals.statuses_changed"]["lines"] == {"result:settled": ["leave", "closed"]}
    assert sorted(versions) == [1, 2]
