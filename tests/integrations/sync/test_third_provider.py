"""A third provider is one object and one line of settings: no URL, model, migration, task or template."""

import uuid

import pytest
from pytest_django import Settings

from casehug.common.scope import firm_scope
from integrations.contract.provider import Provider
from integrations.models import Connection
from integrations.registry import ProviderMistake, UnknownProvider, load, provider, providers
from integrations.sync.services import request_sync
from integrations.sync.states import sync_state
from tests.integrations.sync.fake_provider import STORE
from tests.integrations.sync.office import Office

FAKE = "tests.integrations.sync.fake_provider.PROVIDER"


@pytest.fixture
def fake(office: Office, settings: Settings) -> Office:
    """The office connected to the fake provider only."""
    STORE.clear()
    settings.INTEGRATION_PROVIDERS = [*settings.INTEGRATION_PROVIDERS, FAKE]
    settings.FAKE_API_URL = "http://127.0.0.1:1"
    with firm_scope(office.firm_id):
        made = Connection(provider="fake", state="connected", remote_firm="1", links_account="1",
                          calls_per_minute=100_000)  # fmt: skip
        made.seal_token("access_token", "key")
        made.save(force_insert=True)
        Connection.objects.filter(provider="lawmatics").update(state="not_connected")
    return office


def press(office: Office, matter_id: uuid.UUID) -> uuid.UUID:
    """Start a sync with the fake provider."""
    with firm_scope(office.firm_id):
        return uuid.UUID(str(request_sync(matter_id=matter_id, provider_key="fake").id))


def test_matter_arrives_once_at_a_third_provider(fake: Office) -> None:
    matter = fake.matter(fake.client())
    assert fake.run(press(fake, matter)).status == "done"
    assert fake.run(press(fake, matter)).status == "done"
    assert [row["kind"] for row in STORE] == ["contact", "matter", "note"]
    with firm_scope(fake.firm_id):
        shown = sync_state([matter], provider_key="fake")[matter]
    assert (shown.state, shown.provider_name) == ("synced", "Fakebook")
    assert fake.twin.made() == (0, 0, 0)


def test_its_refusals_are_told_in_its_name(fake: Office) -> None:
    matter = fake.matter(fake.client(last=""))
    row = fake.run(press(fake, matter))
    assert row.status == "dead" and "Fakebook wrote: “a name is needed”" in row.last_error_text


def test_registry_knows_and_refuses(fake: Office) -> None:
    assert {one.key for one in providers()} == {"lawmatics", "lexamica", "fake"}
    assert isinstance(provider("fake"), Provider)
    with pytest.raises(UnknownProvider):
        provider("nobody")
    for path in ("nowhere.PROVIDER", "integrations.registry.load"):
        with pytest.raises(ProviderMistake):
            load(path)
