"""Two firms at the stand-in, each with a client of its own that is set up like a connected firm's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.contract.auth import join_keys
from integrations.contract.onboarding import ONBOARDING, POLLING, Choice, State
from integrations.contract.operations import StepContext
from integrations.contract.referrals import OutgoingRecord, snapshot_of
from integrations.providers.lexamica.client import LexamicaApi
from integrations.providers.lexamica.onboarding import ONBOARDING as SET_UP


def client(exchange: Any, facts: dict[str, Any], **keys: str) -> LexamicaApi:
    """A client with the keys of one firm, or others."""
    values = {"organization_id": facts["id"], "public_key": facts["public_key"], "private_key": facts["private_key"]}
    return LexamicaApi(base_url=exchange.url, token=join_keys(values | keys), gate=lambda: None)


@dataclass
class Side:
    """One firm: its client and what setting up has taught."""

    api: LexamicaApi
    facts: dict[str, Any]
    profile: dict[str, Any] = field(default_factory=dict)

    def set_up(self, *patterns: str, mode: str = POLLING, address: str = "") -> list[Any]:
        """Look, mend, and return what was found first."""
        wants = SET_UP.wanted(Choice(patterns, mode, address))
        found = SET_UP.look(self.api, wants, self.profile.get("mappings", {}))
        ids = {one.wanted.key: one.remote_id for one in found if one.wanted.kind == "mapping" and one.remote_id}
        for one in found:
            if one.state is not State.FITS:
                made = SET_UP.mend(self.api, one, ids, "only-for-tests-" + one.wanted.key)
                if one.wanted.kind == "mapping":
                    ids[one.wanted.key] = made
        self.profile = {"mappings": ids, "stored": [one.key for one in wants if one.kind == "stored"]}
        return list(found)

    def context(self, record: OutgoingRecord, marker: str = "MARKER0000000000TEST") -> StepContext:
        """The context in which a step sends a record."""
        return StepContext(self.api, snapshot_of(record), {}, marker, profile={ONBOARDING: self.profile})


@pytest.fixture
def side(exchange: Any) -> Callable[..., Side]:
    """Make a firm of the test's own network."""

    def make(**spec: Any) -> Side:
        facts = exchange.firm(network="providers", **spec)
        return Side(client(exchange, facts), facts)

    return make
