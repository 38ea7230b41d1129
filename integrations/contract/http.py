"""What one HTTP exchange was, and which of three outcomes a write had: applied, not applied, or unknown."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

from integrations.contract.errors import ProviderError
from integrations.contract.records import SealedBody


class Outcome(StrEnum):
    """Whoever merges `unknown` into `not_applied` makes duplicates."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    UNKNOWN = "unknown"


class Failure(StrEnum):
    """Transport failures, told apart by whether a request byte can have left."""

    NONE = ""
    BEFORE_SEND = "before_send"  # name resolution, refused, TLS, reset before any request byte
    AFTER_SEND = "after_send"  # timeout or reset after any request byte, truncated answer


@dataclass(frozen=True)
class Exchange:
    """One request and what came back. `status` is None when no complete status line arrived."""

    method: str
    path: str
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: Failure = Failure.NONE
    error: str = ""
    seconds: float = 0.0

    def json(self) -> Any:
        """Return the parsed body, or None when it is empty, HTML or broken (any error body may be)."""
        try:
            return json.loads(self.body) if self.body else None
        except (ValueError, RecursionError):
            return None


_NOT_APPLIED = frozenset({400, 401, 403, 404, 409, 413, 422, 429})


def classify(exchange: Exchange, remote_id: str | None) -> Outcome:
    """Return the outcome of a write.

    `remote_id` is the id the provider parsed from the answer, None when there is none. A status not listed is unknown.
    """
    if exchange.failure is Failure.BEFORE_SEND:
        return Outcome.NOT_APPLIED
    if exchange.failure is Failure.AFTER_SEND or exchange.status is None:
        return Outcome.UNKNOWN
    if exchange.status in _NOT_APPLIED:
        return Outcome.NOT_APPLIED
    if 200 <= exchange.status < 300 and remote_id:
        return Outcome.APPLIED
    return Outcome.UNKNOWN


class Api(Protocol):
    """A provider's HTTP client, opened for one connection with a fresh token. Never retries a POST or PUT."""

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """GET and return the parsed JSON body. Raises the errors of `contract.errors`; a miss is `NotFound`."""

    def write(
        self,
        method: str,
        path: str,
        body: SealedBody,
        query: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Send once and return what happened, whatever it was. Raises only `Throttled` from our own gate, unsent."""

    def error_of(self, exchange: Exchange) -> ProviderError:
        """Return the typed error of an exchange that was not applied; `detail` is the provider's own text, if any."""


@dataclass(frozen=True)
class OutgoingFile:
    """A file on its way out: what it is called and is, how long it is, and how to open it (read once, then closed)."""

    name: str
    content_type: str
    size: int
    open: Callable[[], BinaryIO]


class FileApi(Api, Protocol):
    """A client that also sends files."""

    def upload(self, path: str, body: SealedBody, file: OutgoingFile) -> Exchange:
        """POST the sealed fields and the file's content as one multipart form, once; otherwise like `write`."""


class Gate(Protocol):
    """Called by the client before each request; raises `Throttled` (nothing sent) when the budget says wait."""

    def __call__(self) -> None: ...


WRITE_POINTS = ("body.half", "request.sent", "headers.read", "body.read")
"""Points inside one write at which a client calls its observer (proofs stop the process there)."""
