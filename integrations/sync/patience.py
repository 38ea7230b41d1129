"""Short waits for our own budget inside a run; long ones go back to the database.

A matter is several calls. In the bulk lane each has to wait about a second for its turn: giving the row back every time
would start it over and over (the search before a create would use up the turn of the create) and stir up every other
row of the connection. So a run that has begun waits a few seconds by itself; nothing has been sent while it does.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from casehug.common import work
from integrations.connections.open_api import open_api
from integrations.contract.errors import ProviderError, Throttled
from integrations.contract.http import Api, Exchange
from integrations.contract.records import SealedBody
from integrations.models import Connection

FIRST_CALL_SECONDS = 2.0
LATER_CALL_SECONDS = 10.0
T = TypeVar("T")


class PatientApi:
    """A provider's client whose calls wait for a near turn. Everything else is passed through."""

    def __init__(self, api: Api, *, too_late: Callable[[], bool]) -> None:
        self._api, self._too_late, self._begun = api, too_late, False
        self.send_before: float | None = None
        """Monotonic time at which an announced write may no longer start."""

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """As the client's, after a short wait if need be."""
        return self._patiently(lambda: self._api.read(path, query), until=None)

    def write(self, method: str, path: str, body: SealedBody, query: Mapping[str, str] | None = None) -> Exchange:
        """As the client's; never started after `send_before`."""
        return self._patiently(lambda: self._api.write(method, path, body, query), until=self.send_before)

    def error_of(self, exchange: Exchange) -> ProviderError:
        """As the client's."""
        return self._api.error_of(exchange)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    def _patiently(self, call: Callable[[], T], *, until: float | None) -> T:
        ends = time.monotonic() + (LATER_CALL_SECONDS if self._begun else FIRST_CALL_SECONDS)
        ends = ends if until is None else min(ends, until)
        while True:
            try:
                answer = call()
            except Throttled as throttled:
                near = time.monotonic() + throttled.seconds < ends
                if throttled.by_provider or not near or self._too_late():
                    raise
                time.sleep(throttled.seconds)
                continue
            self._begun = True
            return answer


def open_patiently(
    connection: Connection, *, lane: int, started: float, observer: Callable[[str], None] | None = None
) -> PatientApi:
    """Open the client of a connection for work claimed at `started` (monotonic). Raises as `open_api` does."""

    def too_late() -> bool:
        return time.monotonic() - started > work.START_WITHIN_SECONDS

    return PatientApi(open_api(connection, lane=lane, observer=observer), too_late=too_late)
