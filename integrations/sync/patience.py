"""Reads that belong together: the second page of one look waits for its turn here; everything else in the database.

A look can take several reads (a hit is verified, a search goes page by page). Giving the row back between them would
start the look over and over, and with one call at a time it would never end. The first read of a step and every write
never wait here: the row goes back to the database, and no worker is occupied by a firm's limit.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from casehug.common import work
from integrations.connections.open_api import open_api
from integrations.connections.tokens import Held
from integrations.contract.errors import ProviderError, Throttled
from integrations.contract.http import Api, Exchange, FileApi, OutgoingFile
from integrations.contract.records import SealedBody
from integrations.models import Connection
from integrations.sync.records.calls import Call, now

LATER_READ_SECONDS = 10.0


class PatientApi:
    """A provider's client whose later reads of one look wait for a near turn. Everything else is passed through."""

    def __init__(self, api: Api, *, too_late: Callable[[], bool]) -> None:
        self._api, self._too_late, self._begun = api, too_late, False
        self.step = ""
        self.calls: list[Call] = []
        """Every call that was made, for the inspector; what our own limit stopped is none."""

    def new_look(self, step: str = "") -> None:
        """The next read starts a look of its own, for this step: it does not wait here."""
        self._begun, self.step = False, step

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """As the client's, after a short wait if it continues a look."""
        ends = time.monotonic() + LATER_READ_SECONDS
        while True:
            try:
                answer = self._read(path, query)
            except Throttled as throttled:
                near = self._begun and time.monotonic() + throttled.seconds < ends
                if throttled.by_provider or not near or self._too_late():
                    raise
                time.sleep(throttled.seconds)
                continue
            self._begun = True
            return answer

    def _read(self, path: str, query: Mapping[str, str] | None) -> Any:
        begun, at, names = time.monotonic(), now(), tuple(query or ())
        try:
            answer = self._api.read(path, query)
        except ProviderError as error:
            if not isinstance(error, Throttled) or error.by_provider:
                took = time.monotonic() - begun
                self.calls.append(Call(self.step, at, "GET", path, names, took, error.status, error=error.detail))
            raise
        self.calls.append(Call(self.step, at, "GET", path, names, time.monotonic() - begun, 200, answer))
        return answer

    def write(self, method: str, path: str, body: SealedBody, query: Mapping[str, str] | None = None) -> Exchange:
        """As the client's. What is asked about its answer continues this look."""
        at = now()
        return self._kept(at, method, path, body, tuple(query or ()), self._api.write(method, path, body, query))

    def upload(self, path: str, body: SealedBody, file: OutgoingFile) -> Exchange:
        """As the client's, for those that take files."""
        at, carrier = now(), cast(FileApi, self._api)
        return self._kept(at, "POST", path, body, (), carrier.upload(path, body, file))

    def _kept(
        self, at: datetime, method: str, path: str, body: SealedBody, names: tuple[str, ...], exchange: Exchange
    ) -> Exchange:
        self._begun = True
        went_well = not exchange.failure and 200 <= (exchange.status or 0) < 300
        self.calls.append(Call(
            self.step, at, method, path, names, exchange.seconds, exchange.status, body=body,
            answer=exchange.json() if went_well else None,
            error="" if went_well else self._api.error_of(exchange).detail,
        ))  # fmt: skip
        return exchange

    def error_of(self, exchange: Exchange) -> ProviderError:
        """As the client's."""
        return self._api.error_of(exchange)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)


def open_patiently(
    connection: Connection, *, lane: int, started: float, observer: Callable[[str], None] | None = None,
    held: Held | None = None,
) -> PatientApi:  # fmt: skip
    """Open the client of a connection for work claimed at `started` (monotonic). Raises as `open_api` does."""

    def too_late() -> bool:
        return time.monotonic() - started > work.START_WITHIN_SECONDS

    return PatientApi(open_api(connection, lane=lane, observer=observer, held=held), too_late=too_late)
