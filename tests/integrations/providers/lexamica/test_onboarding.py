"""Setting an account up at the stand-in: idempotent, mends drift, removes only what is ours and too many."""

from collections import Counter
from typing import Any

import pytest

from integrations.contract.errors import ProviderError
from integrations.contract.onboarding import POLLING, WEBHOOKS, Choice, Finding, Kind, State, Wanted
from integrations.contract.records import Leaf, Source, seal_body
from integrations.providers.lexamica import catalogue
from integrations.providers.lexamica.onboarding import EVENTS, PATTERNS, look, mend, wanted
from tests.integrations.providers.lexamica.conftest import Side

ADDRESS = "http://127.0.0.1:9/api/v1/integrations/lexamica/webhooks/x"
ALL = [one.key for one in PATTERNS]


def rows(firm: Side, noun: str) -> list[dict[str, Any]]:
    return list(firm.api.read(catalogue.call(f"list_{noun}s").path())["data"])


def states(found: list[Any]) -> Counter[State]:
    return Counter(one.state for one in found)


def test_what_each_pattern_wants() -> None:
    """The tables of the contract: mappings and subscriptions by pattern and mode."""
    only_form = wanted(Choice(("lead_form",), WEBHOOKS, ADDRESS))
    assert [(one.kind, one.key) for one in only_form] == [(Kind.MAPPING, "case"), (Kind.STORED, "case_created")]
    handler = wanted(Choice(("handler",), WEBHOOKS, ADDRESS))
    assert {one.key for one in handler if one.kind is Kind.WEBHOOK} == set(EVENTS["handler"])
    assert {one.key for one in handler if one.kind is Kind.STORED} == set(EVENTS["handler"])
    assert not [one for one in wanted(Choice(ALL, POLLING, ADDRESS)) if one.kind is Kind.WEBHOOK]
    for one in wanted(Choice(ALL, WEBHOOKS, ADDRESS)):
        assert one.kind is not Kind.MAPPING or any(name.endswith("_id") for name in one.fields)
    assert {event for events in EVENTS.values() for event in events} == set(catalogue.entry("events"))


def test_a_second_time_changes_nothing(side: Any) -> None:
    firm: Side = side()
    first = firm.set_up(*ALL, mode=WEBHOOKS, address=ADDRESS)
    assert set(states(first)) == {State.MISSING}
    before = [rows(firm, noun) for noun in ("mapping", "webhook_subscription", "stored_event_subscription")]
    second = firm.set_up(*ALL, mode=WEBHOOKS, address=ADDRESS)
    assert set(states(second)) == {State.FITS} and len(second) == len(first)
    firm.profile = {}  # as after a restore: nothing is known any more
    assert set(states(firm.set_up(*ALL, mode=WEBHOOKS, address=ADDRESS))) == {State.FITS}
    assert before == [rows(firm, noun) for noun in ("mapping", "webhook_subscription", "stored_event_subscription")]


def change(firm: Side, noun: str, row: dict[str, Any], **values: Any) -> None:
    """Somebody changes something there."""
    call = catalogue.call(f"replace_{noun}")
    doc = {name: row[name] for name in ("event", "url", "mapping", "active", "name", "model") if name in row} | values

    def leaves(value: Any) -> Any:
        if isinstance(value, list):
            return [leaves(one) for one in value]
        return (
            {key: leaves(one) for key, one in value.items()} if isinstance(value, dict) else Leaf(value, Source.SYSTEM)
        )

    assert firm.api.write(call.method, call.path(row["_id"]), seal_body(leaves(doc))).status == 200


def test_drift_is_told_and_mended(side: Any) -> None:
    firm: Side = side()
    firm.set_up("handler", mode=WEBHOOKS, address=ADDRESS)
    invitation = next(row for row in rows(firm, "mapping") if row["model"] == "CaseInvitation")
    change(firm, "mapping", invitation, fields=invitation["fields"][1:])
    hook, stored = rows(firm, "webhook_subscription")[0], rows(firm, "stored_event_subscription")[0]
    change(firm, "webhook_subscription", hook, active=False)
    gone = catalogue.call("delete_stored_event_subscription")
    firm.api.write(gone.method, gone.path(stored["_id"]), seal_body({}))
    found = [one for one in firm.set_up("handler", mode=WEBHOOKS, address=ADDRESS) if one.state is not State.FITS]
    told = {(one.wanted.kind, one.state): one.words for one in found}
    assert told[Kind.MAPPING, State.DIFFERS] == "Not as wanted: invitation_id."
    assert told[Kind.WEBHOOK, State.DIFFERS] == "It is switched off." and (Kind.STORED, State.MISSING) in told
    assert set(states(firm.set_up("handler", mode=WEBHOOKS, address=ADDRESS))) == {State.FITS}


def test_only_ours_is_removed(side: Any) -> None:
    """Webhooks of a firm's own, at another address with another mapping, stay when ours go."""
    firm: Side = side()
    firm.set_up("receive", mode=WEBHOOKS, address=ADDRESS)
    source, target = Leaf("own", Source.SYSTEM), Leaf("_id", Source.SYSTEM)
    tree = {"name": Leaf("Theirs", Source.SYSTEM), "model": Leaf("Case", Source.SYSTEM),
            "fields": [{"source": source, "target": target}]}  # fmt: skip
    call = catalogue.call("create_mapping")
    theirs = firm.api.write(call.method, call.path(), seal_body(tree)).json()["_id"]
    for address, mapping_id in (("https://other.example/hook", theirs), (ADDRESS, theirs)):
        body = {"event": "Case Received", "url": address, "mapping": mapping_id, "active": True, "secret": "x" * 20}
        create = catalogue.call("create_webhook_subscription")
        made = firm.api.write(
            create.method, create.path(), seal_body({k: Leaf(v, Source.SYSTEM) for k, v in body.items()})
        )
        assert made.status == 201
    found = firm.set_up("receive", mode=WEBHOOKS, address=ADDRESS)
    assert states(found)[State.UNWANTED] == 1  # the second one at our address
    firm.set_up("receive", mode=POLLING, address="")
    assert [row["url"] for row in rows(firm, "webhook_subscription")] == ["https://other.example/hook"]
    assert len(rows(firm, "stored_event_subscription")) == 1 and len(rows(firm, "mapping")) == 2


def test_a_write_without_an_answer_is_found_by_the_next_look(exchange: Any, side: Any) -> None:
    firm: Side = side()
    want = wanted(Choice(("lead_form",), POLLING, ""))[0]
    path = f"/organization/{firm.facts['id']}/mappings"
    exchange.control("POST", "faults", kind="reset_after_commit", method="POST", path=path)
    with pytest.raises(ProviderError):
        mend(firm.api, Finding(want, State.MISSING), {}, "")
    assert states(list(look(firm.api, [want], {}))) == {State.FITS: 1}
    gone = Finding(Wanted(Kind.STORED, "case_created", "Case Created"), State.UNWANTED, "65f000000000000000000009")
    assert mend(firm.api, gone, {}, "") == ""
