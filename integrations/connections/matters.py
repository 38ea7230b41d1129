"""Reading the matters that exist at a provider, for a person who looks: from the shared budget, nothing stored."""

from casehug.common.models import WorkItem
from integrations.connections.open_api import note_throttle, open_api
from integrations.contract.errors import ProviderError
from integrations.contract.http import Api
from integrations.contract.matters import MatterPage, RemoteMatter, RemoteMatters
from integrations.models import Connection

PATIENCE = 2.0
"""A page may wait this long for a turn; after that it says when to try again."""


def read_page(*, connection: Connection, reads: RemoteMatters, number: int, search: str) -> MatterPage:
    """Read one page there. Call it outside any transaction. Raises the errors of `contract.errors`."""
    try:
        return reads.page(_api(connection), number, search)
    except ProviderError as problem:
        note_throttle(connection, problem)
        raise


def read_one(*, connection: Connection, reads: RemoteMatters, external_id: str) -> RemoteMatter:
    """Read one matter there. Call it outside any transaction. Raises `NotFound` and the errors of `contract.errors`."""
    try:
        return reads.one(_api(connection), external_id)
    except ProviderError as problem:
        note_throttle(connection, problem)
        raise


def _api(connection: Connection) -> Api:
    return open_api(connection, lane=WorkItem.Lane.BUTTON, may_refresh=False, patience=PATIENCE)
