"""The HTTP client every provider builds on: sends once, tells exactly what happened, names every failure.

No retries, no redirects, no proxies or secrets from the environment, TLS 1.2 or newer, bounded time and size.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import HTTPError, NameResolutionError, ReadTimeoutError

from integrations.contract.errors import (
    AccessRefused,
    AuthRejected,
    NetworkTrouble,
    NotFound,
    ProviderError,
    Refused,
    Throttled,
)
from integrations.contract.http import Exchange, Failure, Gate
from integrations.contract.records import SealedBody
from integrations.providers.multipart import Payload
from integrations.providers.wire import TooLate, Wire, WireAdapter

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
TOTAL_SECONDS = 45.0
IDLE_SECONDS = 5.0
MAX_ANSWER_BYTES, CHUNK_BYTES = 5 * 1024 * 1024, 64 * 1024
DEFAULT_PAUSE_SECONDS, USER_AGENT, JSON = 60.0, "CaseHug/1", "application/json; charset=utf-8"


@dataclass
class _Answer:
    """What has come back so far."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""


class HttpApi:
    """Base of a provider's `contract.http.Api`: one connection, one thread. `headers` (with the key) stay inside.

    A provider overrides `error_text`, the place where its error bodies say what is wrong.
    """

    patience: tuple[float, float] | None = None  # other seconds for an answer to begin, and for the whole call

    def __init__(
        self,
        *,
        base_url: str,
        headers: Mapping[str, str],
        gate: Gate,
        observer: Callable[[str], None] | None = None,
    ) -> None:
        self._base, self._secret_headers = base_url.rstrip("/"), dict(headers)
        self._gate, self._observer = gate, observer
        self._wire = Wire()
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, .netrc or certificate bundle from the environment
        self._session.headers.clear()
        adapter = WireAdapter(self._wire)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)
        self._last_used = time.monotonic()
        self.clock_offset = timedelta(0)
        """How far the provider's clock is ahead of ours, by the `Date` header of its last answer."""

    def read(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """GET and return the JSON object. Raises `contract.errors`; a 404 is `NotFound`, a broken body is trouble."""
        exchange = self._call("GET", path, query, None, None)
        if exchange.failure or not 200 <= (exchange.status or 0) < 300:
            raise self.error_of(exchange)
        body = exchange.json()
        if not isinstance(body, dict):
            raise NetworkTrouble("The answer could not be read.", status=exchange.status, code="unreadable")
        return body

    def write(self, method: str, path: str, body: SealedBody, query: Mapping[str, str] | None = None) -> Exchange:
        """Send once and return what happened. Raises only `Throttled` from the gate, before anything is sent."""
        if time.monotonic() - self._last_used > IDLE_SECONDS:
            self._session.close()  # a kept connection may be dead already; a reset on it would mean "unknown"
        return self._call(method, path, query, json.dumps(body.payload).encode(), self._observer)

    def error_of(self, exchange: Exchange) -> ProviderError:
        """Return the typed error of an exchange without success. `detail` is the provider's own text, if any."""
        status, detail = exchange.status, self.error_text(exchange)[:1000]
        if exchange.failure or status is None:
            return NetworkTrouble(exchange.error, status=status, code=exchange.failure or "no_answer")
        if status == 401:  # comes with an empty body
            return AuthRejected(detail, status=status, code="unauthorized")
        if status == 403:
            return AccessRefused(detail, status=status, code="forbidden")
        if status == 429:
            return Throttled(detail, seconds=_retry_after(exchange.headers), by_provider=True, status=status)
        if status == 404:
            return NotFound(detail, status=status, code="not_found")
        if status in (408, 499) or status >= 500:
            return NetworkTrouble(detail or f"The server answered {status}.", status=status, code=f"http_{status}")
        if 400 <= status < 500:
            return Refused(detail, status=status, code=f"http_{status}")
        return ProviderError(f"Unexpected answer {status}.", status=status, code=f"http_{status}")

    def error_text(self, exchange: Exchange) -> str:
        """Return what an error body says, empty when it says nothing. It may be empty, HTML or anything else."""
        return ""

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        data: Payload,
        observer: Callable[[str], None] | None,
    ) -> Exchange:
        self._gate()
        begins, total = self.patience or (READ_SECONDS, TOTAL_SECONDS)
        self._wire.begin(observer)
        timer = threading.Timer(total, self._wire.cut)
        timer.daemon = True
        timer.start()
        answer = _Answer()
        try:
            self._send(method, path, query, data, answer)
        except (requests.RequestException, HTTPError, OSError) as problem:
            answer.error = _reason(problem, begins)
        finally:
            timer.cancel()
            self._wire.sock = None
            self._last_used = time.monotonic()
        if answer.error and self._wire.cut_off:
            answer.error = f"No complete answer within {total:.0f} seconds."
        failure = Failure.NONE
        if answer.error:
            sent = self._wire.touched or answer.status is not None
            failure = Failure.AFTER_SEND if sent else Failure.BEFORE_SEND
        seconds = time.monotonic() - self._wire.started
        return Exchange(method, path, answer.status, answer.headers, answer.body, failure, answer.error, seconds)

    def _send(
        self, method: str, path: str, query: Mapping[str, str] | None, data: Payload, answer: "_Answer"
    ) -> None:
        """Send once and fill `answer` as far as it comes."""
        response = self._session.request(
            method,
            self._base + path,
            params=dict(query or {}),
            data=data,
            headers=self._headers(data),
            timeout=(CONNECT_SECONDS, (self.patience or (READ_SECONDS,))[0]),
            allow_redirects=False,
            stream=True,
        )
        answer.status = response.status_code
        answer.headers = {name.lower(): text for name, text in response.headers.items()}
        self._note_clock(answer.headers)
        self._wire.tell("headers.read")
        answer.body, answer.error = _read_body(response)
        if not answer.error:
            self._wire.tell("body.read")

    def _headers(self, data: Payload) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # what is counted against the size limit is what was sent
            "User-Agent": USER_AGENT,
        }
        headers |= self._secret_headers
        if data is None:
            return headers
        return headers | {"Content-Type": JSON if isinstance(data, bytes) else data.content_type}

    def _note_clock(self, headers: Mapping[str, str]) -> None:
        moment = _http_date(headers.get("date", ""))
        if moment is not None:
            self.clock_offset = moment - datetime.now(UTC)


def _read_body(response: requests.Response) -> tuple[bytes, str]:
    """Return the body and, when it is too long, why it was dropped. A body that breaks off raises."""
    body = bytearray()
    with response:
        for chunk in response.iter_content(CHUNK_BYTES):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                return b"", "The answer is larger than 5 MiB."
    return bytes(body), ""


def _reason(problem: Exception, read_seconds: float) -> str:
    """Say in plain words what went wrong. Never the exception's own text: its URL may hold an e-mail."""
    if isinstance(problem, requests.exceptions.ConnectTimeout) or _caused_by(problem, TooLate):
        return f"No connection within {CONNECT_SECONDS:.0f} seconds."
    if isinstance(problem, requests.exceptions.SSLError):
        return "The secure connection failed."
    if isinstance(problem, requests.exceptions.Timeout) or _caused_by(problem, ReadTimeoutError):
        return f"No answer within {read_seconds:.0f} seconds."
    if _caused_by(problem, NameResolutionError):
        return "The host name was not found."
    if _caused_by(problem, ConnectionRefusedError):
        return "The connection was refused."
    if isinstance(problem, requests.exceptions.ChunkedEncodingError):
        return "The answer broke off."
    return "The connection broke off."


def _caused_by(problem: BaseException, kind: type[BaseException]) -> bool:
    """Look for `kind` in what an exception of requests or urllib3 wraps."""
    seen: set[int] = set()
    queue: list[object] = [problem]
    while queue:
        item = queue.pop()
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        if isinstance(item, kind):
            return True
        seen.add(id(item))
        queue += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
    return False


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds of `Retry-After` (number or date); without a usable one a minute and up to 5 seconds."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    moment = _http_date(text)
    if moment is not None:
        now = _http_date(headers.get("date", "")) or datetime.now(UTC)
        return max(0.0, (moment - now).total_seconds())
    return DEFAULT_PAUSE_SECONDS + random.uniform(0, 5)  # nosec B311  # spread, nothing secret


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
