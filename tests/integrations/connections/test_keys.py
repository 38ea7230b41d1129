"""Connecting with keys: tested before they are saved, sealed, replaced and wiped; the account set up and mended."""

import uuid
from typing import Any

import pytest
from pytest_django import Settings

from casehug.audit.models import AuditEntry
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from integrations.connections import keys, services, ways
from integrations.connections.open_api import open_api
from integrations.contract.errors import Refused
from integrations.contract.onboarding import ONBOARDING
from integrations.inbound import endpoints, onboard
from integrations.models import Connection, InboundSecret
from integrations.selectors.onboarding import set_up_of
from tests.conftest import make_firm

KEY = "lexamica"


@pytest.fixture
def firm_id(settings: Settings, exchange: Any, outside: None) -> uuid.UUID:
    """A firm of a product that offers the exchange, at the stand-in."""
    more = "integrations.providers.lexamica.provider.PROVIDER"
    settings.INTEGRATION_PROVIDERS = list(dict.fromkeys([*settings.INTEGRATION_PROVIDERS, more]))
    settings.LEXAMICA_BASE_URL = exchange.url
    found: uuid.UUID = make_firm("Berg & Holm").id
    return found


@pytest.fixture
def account(exchange: Any) -> dict[str, str]:
    """Keys of a firm there."""
    facts = exchange.firm(network="keys")
    return {"organization_id": facts["id"], "public_key": facts["public_key"], "private_key": facts["private_key"]}


def connect(firm_id: uuid.UUID, values: dict[str, str], environment: str = "sandbox") -> Any:
    return keys.connect_with_keys(
        provider_key=KEY, values=values, environment=environment, user_id=uuid.uuid4(), firm_id=firm_id
    )


def row(firm_id: uuid.UUID) -> Connection:
    with firm_scope(firm_id):
        return Connection.objects.get(provider=KEY)


def run(firm_id: uuid.UUID) -> str:
    """Run the queued set-up as a worker would; returns how its row stands then."""
    with firm_scope(firm_id):
        item = WorkItem.objects.filter(kind=ways.KIND, status="ready").get()
    return run_item(item.id, firm_id)


def choose(firm_id: uuid.UUID, *patterns: str, mode: str = "webhooks", minutes: int = 15) -> None:
    with firm_scope(firm_id):
        found = row(firm_id)
        ways.choose_ways(connection_id=found.id, patterns=patterns, mode=mode, minutes=minutes)


def test_keys_are_tested_before_they_are_saved_and_never_readable(firm_id: uuid.UUID, account: dict[str, str]) -> None:
    wrong = [
        ({"private_key": "nobody-knows-this"}, "rejected"), ({"private_key": account["public_key"]}, "not_allowed"),
        ({"organization_id": "65f000000000000000000001"}, "unknown"), ({"public_key": ""}, "incomplete"),
        ({"private_key": "two words"}, "form"), ({"private_key": "schlüssel"}, "form"),
        ({"public_key": "x" * 201}, "form"),
    ]  # fmt: skip
    for change, kind in wrong:
        with pytest.raises(keys.KeysRefused) as refusal:
            connect(firm_id, account | change)
        assert refusal.value.kind == kind and account["private_key"] not in refusal.value.text
        found = row(firm_id)
        assert found.access_token is None and found.state == "not_connected" and not found.settings
    with pytest.raises(keys.KeysRefused) as other:
        connect(firm_id, account, "moon")
    assert other.value.field == "environment"
    done = connect(firm_id, account)
    found = row(firm_id)
    assert not done.other_account and found.state == "connected" and found.remote_firm == account["organization_id"]
    assert found.remote_firm_name.endswith("(sandbox)") and found.calls_per_minute == 600
    for key in ("public_key", "private_key"):
        assert account[key].encode() not in bytes(found.access_token) and account[key] not in str(found.__dict__)
    with firm_scope(firm_id):
        assert keys.stored_values(found) == {"organization_id": account["organization_id"]}
        told = str(list(AuditEntry.objects.values_list("changes", flat=True)))
    assert account["private_key"] not in told and account["public_key"] not in told


def test_one_key_is_replaced_another_account_waits_and_disconnecting_wipes(
    firm_id: uuid.UUID, account: dict[str, str], exchange: Any
) -> None:
    connect(firm_id, account)
    connect(firm_id, account | {"private_key": ""})  # empty keeps the stored one
    with pytest.raises(keys.KeysRefused):
        connect(firm_id, account | {"private_key": ""}, "production")  # but not for the other environment
    with pytest.raises(keys.KeysRefused):
        connect(firm_id, account | {"private_key": "nobody-knows-this"})
    assert row(firm_id).state == "connected" and open_api(row(firm_id), lane=0).read("/organization/{orgId}/mappings")
    facts = exchange.firm(network="keys")
    other = {"organization_id": facts["id"], "public_key": facts["public_key"], "private_key": facts["private_key"]}
    assert connect(firm_id, other).other_account and row(firm_id).state == "other_account"
    connect(firm_id, account)
    found = row(firm_id)
    assert found.state == "connected" and services.disconnect(connection_id=found.id, firm_id=firm_id)
    gone = row(firm_id)
    assert gone.access_token is None and gone.state == "not_connected"
    with firm_scope(firm_id), pytest.raises(Exception, match=".*"):
        gone.access_token = found.access_token
        gone.open_token("access_token")  # the data key is destroyed: a copy does not open either


def test_the_account_is_set_up_and_mended(firm_id: uuid.UUID, account: dict[str, str], exchange: Any) -> None:
    connect(firm_id, account)
    with firm_scope(firm_id):
        for wrong in ({"patterns": ()}, {"patterns": ("moon",)}, {"mode": "pigeons"}, {"minutes": 7}):
            with pytest.raises(Refused):
                good: dict[str, Any] = {"patterns": ("handler",), "mode": "webhooks", "minutes": 15}
                ways.choose_ways(connection_id=row(firm_id).id, **(good | wrong))
        assert not ways.is_set_up(row(firm_id))
    choose(firm_id, "receive", "files")
    read_before_it_ended = row(firm_id)
    assert run(firm_id) == "done"
    found = row(firm_id)
    with firm_scope(firm_id):
        late = set_up_of(read_before_it_ended)
        assert late is not None and late.complete, "a page that looks in the middle must not stand still"
        first = set_up_of(found)
        assert first is not None and first.complete and first.missing == 0 and ways.is_set_up(found)
        assert first.repaired == len(first.lines) == 8 and {line.now for line in first.lines} == {"Made"}
        hooks = [line.label for line in first.lines if line.kind == "Webhook"]
        assert sorted(InboundSecret.objects.values_list("label", flat=True)) == sorted(hooks)
        endpoint = endpoints.ensure_endpoint(found)
        values = endpoints.live_secrets(endpoint.id, found.created_at)
        assert len(set(values)) == len(hooks) and all(len(one) >= 16 for one in values)
        assert not found.profile[ONBOARDING]["unsure"]
        InboundSecret.objects.filter(label=hooks[0]).delete()  # as after a restore
        ways.ask_for_onboarding(found)
    assert run(firm_id) == "done"
    with firm_scope(firm_id):
        second = set_up_of(row(firm_id))
        assert second is not None and (second.repaired, second.removed) == (1, 0)
        assert InboundSecret.objects.filter(label=hooks[0], ends_at__isnull=True).exists()
    choose(firm_id, "receive", mode="polling", minutes=60)
    assert run(firm_id) == "done"
    with firm_scope(firm_id):
        third = set_up_of(row(firm_id))
        assert third is not None and third.complete and third.removed == 5 and third.warning
        assert [line.kind for line in third.lines] == ["Field mapping", "Kept events"]


def test_a_webhook_whose_write_got_no_answer_gets_a_fresh_secret(
    firm_id: uuid.UUID, account: dict[str, str], exchange: Any
) -> None:
    connect(firm_id, account)
    choose(firm_id, "receive")
    path = f"/organization/{account['organization_id']}/webhook-subscriptions"
    exchange.control("POST", "faults", kind="reset_after_commit", method="POST", path=path)
    assert run(firm_id) == "ready"  # to be tried again
    with firm_scope(firm_id):
        assert row(firm_id).profile[ONBOARDING]["unsure"] == ["case_received"]
        WorkItem.objects.filter(kind=ways.KIND).update(next_attempt_at="2026-01-01T00:00:00Z")
    assert run(firm_id) == "done"
    with firm_scope(firm_id):
        found = row(firm_id)
        assert found.profile[ONBOARDING]["unsure"] == [] and found.profile[ONBOARDING]["complete"]
        assert InboundSecret.objects.filter(label="Case Received").count() == 2  # the first one still lives a day
    assert len(open_hooks(found)) == 1


def open_hooks(found: Connection) -> list[Any]:
    with_api = open_api(found, lane=0, patience=5.0)
    return list(with_api.read("/organization/{orgId}/webhook-subscriptions")["data"])


def test_the_daily_look_asks_once(firm_id: uuid.UUID, account: dict[str, str]) -> None:
    connect(firm_id, account)
    choose(firm_id, "receive")
    assert run(firm_id) == "done" and onboard.tick() == 0
    with firm_scope(firm_id):
        found = row(firm_id)
        found.profile[ONBOARDING]["at"] = "2026-01-01T00:00:00+00:00"
        found.save()
        WorkItem.objects.filter(kind=ways.KIND).update(created_at="2026-01-01T00:00:00Z")
    assert onboard.tick() == 1 and onboard.tick() == 0 and run(firm_id) == "done"
