"""A case goes out once, whatever happens to its reply; what nobody can tell waits for a person."""

from itertools import pairwise
from typing import Any

import pytest

from casehug.common.scope import firm_scope
from casehug.firms.models import Notice
from casehug.intake.errors import Refused
from casehug.referrals.models import PartnerFirm, Referral
from casehug.referrals.services.sending import import_case
from integrations.connections import state
from integrations.models import ExternalLink
from integrations.registry import provider
from integrations.sync import decide, doubts, engine
from tests.integrations.referrals.outgoing.trade import WORD, Side


def asked(market: Any) -> list[dict[str, Any]]:
    """Return the calls that brought running cases there, oldest first."""
    found = market.control("GET", "requests", limit=100_000)["requests"]
    return [one for one in found if one["path"].endswith("/create-existing")]


def cases(market: Any) -> int:
    return int(market.control("GET", "ledger")["cases"]["total"])


def test_a_case_is_sent_and_its_id_kept(market: Any, sender: Side) -> None:
    matter_id = sender.matter()
    row = sender.refer(matter_id)
    assert sender.refer(matter_id).id == row.id  # pressed twice
    sender.settle()
    sent = sender.read(row)
    assert (sent.state, bool(sent.sent_at), cases(market)) == ("matching", True, 1)
    with firm_scope(sender.firm_id):
        link = ExternalLink.objects.get(local_type="referral")
    there = market.control("GET", f"cases/{link.external_id}")
    assert link.local_id == row.id and there["state"] in ("matching", "invited")
    (intent,) = sender.intents()
    told = {path: source for path, source, _ in intent.origins}
    assert told["first_name"] == "identity" and told["summary"] == "composed" and intent.matter_id == matter_id


@pytest.mark.parametrize("way", ["send", "create-existing"])
def test_a_lost_reply_makes_no_second_case_and_a_kept_event_settles_it(market: Any, sender: Side, way: str) -> None:
    sender.lose(f"case/{way}")
    row = _sent(market, sender) if way == "send" else _imported(market, sender)
    sender.settle()
    found = sender.read(row)
    assert found.state == ("matching" if way == "send" else "following") and found.sent_at and cases(market) == 1
    assert [one.outcome for one in sender.intents()] == ["applied"] and sender.intents()[0].ever_unknown


def _sent(market: Any, sender: Side) -> Referral:
    return sender.refer()


def _imported(market: Any, sender: Side, remote_id: str = "") -> Referral:
    partner = remote_id or market.firm(network=market.network)["id"]
    with firm_scope(sender.firm_id):
        firm = PartnerFirm.objects.create(name="Quill & Co", remote_id=partner)
    found: Referral = sender.act(
        import_case, matter_id=sender.matter(), case_type=WORD, partner_id=firm.id, suggestions=False
    )  # fmt: skip
    return found


def test_what_nobody_can_tell_waits_for_a_person(market: Any, sender: Side) -> None:
    sender.forget_kept()
    sender.lose("case/send")
    row = sender.refer()
    sender.settle()
    assert sender.read(row).state == "unknown" and cases(market) == 1
    assert sender.rows("send_referral") == [("send_referral", "held", "decide", "undecided")]
    (intent,) = sender.intents()
    with firm_scope(sender.firm_id):
        assert Notice.objects.filter(kind="referral.unsure", subject_id=row.id, cleared_at=None).exists()
    assert doubts.sweep() == 0 and decide.tick() == 0  # no time makes it be sent again
    sender.settle()
    assert cases(market) == 1
    with firm_scope(sender.firm_id):
        decide.it_arrived(intent_id=intent.id)
        with pytest.raises(decide.DecisionRefused):
            decide.send_again(intent_id=intent.id)
    sender.settle()
    assert sender.read(row).state == "matching" and cases(market) == 1
    with firm_scope(sender.firm_id):
        assert not Notice.objects.filter(kind="referral.unsure", cleared_at=None).exists()


def test_a_person_who_has_looked_lets_it_be_sent_once_more(market: Any, sender: Side) -> None:
    sender.forget_kept()
    sender.lose("case/send", kind="reset_before")
    row = sender.refer()
    sender.settle()
    (intent,) = sender.intents()
    sender.act(decide.send_again, intent_id=intent.id)
    with pytest.raises(decide.DecisionRefused):
        sender.act(decide.send_again, intent_id=intent.id)  # pressed twice
    sender.settle()
    assert sender.read(row).state == "matching" and cases(market) == 1
    first, second = sender.intents()
    assert first.error_code == "not_arrived" and second.marker == first.marker


def test_refusals_are_told_in_words_and_cost_nothing(market: Any, sender: Side) -> None:
    row = _imported(market, sender, "65f000000000000000000099")
    sender.settle()
    failed = sender.read(row)
    assert failed.state == "failed" and "Partner Firm ID" in failed.trouble and cases(market) == 0


def test_a_paused_connection_holds_and_goes_on(market: Any, sender: Side) -> None:
    connection_id = sender.connection().id
    sender.act(state.pause, connection_id=connection_id)
    row = sender.refer()
    assert sender.rows("send_referral")[0][1:3] == ("held", "paused")
    sender.act(state.resume, connection_id=connection_id)
    sender.settle()
    assert sender.read(row).state == "matching"
    sender.change(state="not_connected")
    with pytest.raises(Refused):
        sender.refer()


def test_calls_of_an_import_keep_their_distance(market: Any, sender: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guides ask for 100 to 200 ms from case to case. Sabotage: without the closed lane they follow at once."""
    least = provider("lexamica").bulk_spacing_ms / 1000

    def gaps() -> list[float]:
        start = len(asked(market))
        for _ in range(3):
            _imported(market, sender)
        sender.settle()
        at = [one["at"] for one in asked(market)[start:]]
        return [later - earlier for earlier, later in pairwise(at)]

    assert len(kept := gaps()) == 2 and min(kept) >= least
    monkeypatch.setattr(engine, "_paced", lambda _run, settlement: settlement)
    assert any(min(gaps()) < least for _ in range(6)), "a busy machine is slow by itself, but not always"
