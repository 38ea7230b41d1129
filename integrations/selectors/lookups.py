"""Provider and connection named in an address, or 404: shared by pages and API."""

from casehug.firms.api_errors import Missing
from integrations.contract.provider import Provider
from integrations.models import Connection
from integrations.registry import UnknownProvider, provider
from integrations.selectors.connections import connection_for


def declared_or_404(key: str) -> Provider:
    """Return the provider of an address or raise 404."""
    try:
        return provider(key)
    except UnknownProvider:
        raise Missing("integration", "There is no integration of this name.", id=key) from None


def connection_or_404(key: str) -> Connection:
    """Return the firm's connection or raise 404 when it never connected. In the firm scope."""
    found = connection_for(key)
    if found is None:
        raise Missing("connection", "This firm has not connected this system yet.", id=key)
    return found
