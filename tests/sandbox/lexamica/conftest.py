"""Firms of one network at the running stand-in: a sender and three that take cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.lexamica.office import Office

if TYPE_CHECKING:
    from tests.plugin.exchange import Exchange


@pytest.fixture
def sender(exchange: Exchange) -> Office:
    """A firm that sends cases."""
    return Office(exchange, name="Sender", network="test", handler=False)


@pytest.fixture
def firms(exchange: Exchange, sender: Office) -> list[Office]:
    """Three firms that are asked in this order."""
    return [Office(exchange, name=f"Firm {number}", network="test") for number in (1, 2, 3)]
