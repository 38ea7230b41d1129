"""Fixtures of what comes in from an exchange: firms at the stand-in, and a story that both sides live there."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from casehug.common.scope import firm_scope
from casehug.referrals.choices import Choices, save_choices
from tests.integrations.desk import outside
from tests.integrations.referrals.desk import Desk
from tests.sandbox.lexamica.office import Office

__all__ = ["outside"]
WORD = "Dog Bite Injuries"
MakeDesk = Callable[[], Desk]


@pytest.fixture
def ours(settings: Settings, exchange: Any, outside: None, tmp_path: Path) -> dict[str, Any]:
    """The organization the product plays; the provider is offered, files may come from the stand-in alone."""
    more = "integrations.providers.lexamica.provider.PROVIDER"
    settings.INTEGRATION_PROVIDERS = list(dict.fromkeys([*settings.INTEGRATION_PROVIDERS, more]))
    settings.LEXAMICA_BASE_URL, settings.CASEHUG_LOCAL = exchange.url, True
    settings.OUTBOUND_LOCAL_TARGETS = [urlsplit(exchange.url).netloc]
    settings.CASEHUG_MEDIA_DIR = str(tmp_path / "uploads")
    return dict(exchange.firm(name="Berg & Holm", network=f"in-{uuid.uuid4()}", invitation_seconds=3600))


@pytest.fixture
def make_desk(exchange: Any, ours: dict[str, Any]) -> MakeDesk:
    """Make firms of the product that are connected with the organization's keys."""

    def make() -> Desk:
        desk = Desk(exchange, ours).connect()
        with firm_scope(desk.firm_id):
            save_choices(Choices(vocabulary=(WORD,), case_types={WORD: "divorce_standard"}))
        return desk

    return make


@pytest.fixture
def sender(exchange: Any, ours: dict[str, Any]) -> Office:
    """Another firm of the same network that sends cases and takes none."""
    return Office(exchange, name="Nordwind Law", network=ours["network"], handler=False, invitation_seconds=3600)
