"""Fixtures of what goes out: two connected firms over committed rows, at the real stand-in."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from casehug.common import slots
from tests.integrations.referrals.outgoing.trade import Side


@pytest.fixture
def market(committed_db: None, exchange: Any, settings: Settings, tmp_path: Path) -> Iterator[Any]:
    """The stand-in, offered by the product; the search for an unanswered write takes a second."""
    more = "integrations.providers.lexamica.provider.PROVIDER"
    settings.INTEGRATION_PROVIDERS = list(dict.fromkeys([*settings.INTEGRATION_PROVIDERS, more]))
    settings.LEXAMICA_BASE_URL, settings.CASEHUG_MEDIA_DIR = exchange.url, str(tmp_path / "uploads")
    settings.SYNC_SETTLE_SECONDS = 1
    slots._fillers.cache_clear()
    exchange.network = f"out-{uuid.uuid4()}"
    yield exchange
    slots._fillers.cache_clear()


@pytest.fixture
def sender(market: Any) -> Side:
    """A firm that refers cases out."""
    return Side(market, market.firm(network=market.network, handler=False)).start("originator", "import", "files")


@pytest.fixture
def handler(market: Any) -> Side:
    """A firm that takes cases."""
    return Side(market, market.firm(network=market.network, invitation_seconds=7200)).start("handler", "files")


@pytest.fixture
def invited(market: Any, sender: Side, handler: Side) -> tuple[Side, Side]:
    """A case was sent and offered; the handler has read its invitation."""
    sender.refer()
    sender.settle()
    market.advance(5)
    handler.news()
    return sender, handler
