"""The one way out to addresses that others name (webhooks, files): resolve once, check every answer, connect to it.

No HTTP library: nothing here follows a redirect, knows a proxy, keeps a connection, or resolves a name a second time.
Little is read of an answer, and never for long.
"""

import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LookupTimeout
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import Any

import certifi
from django.conf import settings

from casehug.common import checkpoints
from casehug.common.scope import assert_no_transaction
from integrations.outbound.addresses import Address, Target, TargetRefused, check_addresses, parse_target

CONNECT_SECONDS, TOTAL_SECONDS, LOOKUP_SECONDS = 5.0, 15.0, 5.0
MOST_READ = 16 * 1024
MOST_HEAD = 64 * 1024
MOST_RETRY_AFTER = 24 * 3600
Resolve = Callable[[str], list[str]]
_lookups = ThreadPoolExecutor(max_workers=8, thread_name_prefix="lookup")


@dataclass(frozen=True)
class Answer:
    """What came back. `status` is None without an answer; `problem` then says why in plain words, `code` in one."""

    status: int | None = None
    code: str = ""
    problem: str = ""
    excerpt: bytes = b""
    retry_after: int | None = None
    seconds: float = 0.0


class NoAnswer(Exception):
    """The request got no answer; `code` and text say why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


def system_lookup(host: str) -> list[str]:
    """Ask the system's resolver for all addresses of an absolute name (no search domains)."""
    found = socket.getaddrinfo(f"{host}.", None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def resolve_checked(target: Target, resolve: Resolve = system_lookup) -> list[Address]:
    """Resolve a target once and return its addresses. Raises `TargetRefused` when any answer is denied."""
    if target.local:
        return [ipaddress.ip_address(target.host)]
    if target.literal:
        return check_addresses([target.host])
    try:
        found = _lookups.submit(resolve, target.host).result(timeout=LOOKUP_SECONDS)
    except (OSError, LookupTimeout, UnicodeError):
        found = []
    return check_addresses(found)


def check_url(url: str, resolve: Resolve = system_lookup) -> Target:
    """Check an address before it is saved. Raises `TargetRefused`. Outside any transaction (it asks a name server)."""
    target = parse_target(url)
    resolve_checked(target, resolve)
    return target


def post(url: str, *, body: bytes, headers: Mapping[str, str], resolve: Resolve = system_lookup) -> Answer:
    """POST once and return what happened; a refused target and a failed request are answers without a status."""
    assert_no_transaction()
    started = time.monotonic()
    try:
        target = parse_target(url)
        addresses = resolve_checked(target, resolve)
        with open_checked(target, addresses, started) as link:
            return _exchange(link, target, body, headers, started)
    except TargetRefused as refused:
        return Answer(code=f"refused_{refused.code}", problem=refused.text, seconds=time.monotonic() - started)
    except NoAnswer as missing:
        return Answer(code=missing.code, problem=missing.text, seconds=time.monotonic() - started)


def open_checked(target: Target, addresses: list[Address], started: float) -> socket.socket:
    """Connect to one of the checked addresses and to nothing else; TLS uses the name for SNI and certificate."""
    plain = _connect(target, addresses)
    try:
        peer = ipaddress.ip_address(plain.getpeername()[0])
        if peer not in addresses:
            raise TargetRefused("peer", "The connection led to another address than the one that was checked.")
        if target.scheme == "http":
            return plain
        plain.settimeout(_left(started))
        return _tls().wrap_socket(plain, server_hostname=target.host)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise NoAnswer("tls", f"The receiver's certificate is not valid: {error.verify_message}.") from None
    except (TimeoutError, OSError) as error:
        plain.close()
        raise no_answer(error, "The secure connection failed.", "tls") from None
    except BaseException:
        plain.close()
        raise


def _connect(target: Target, addresses: list[Address]) -> socket.socket:
    until, last = time.monotonic() + CONNECT_SECONDS, OSError()
    for address in addresses:
        left = until - time.monotonic()
        if left <= 0:
            break
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        link = socket.socket(family, socket.SOCK_STREAM)
        try:
            link.settimeout(left)
            link.connect((str(address), target.port))
        except OSError as error:
            link.close()
            last = error
        else:
            return link
    if isinstance(last, ConnectionRefusedError):
        raise NoAnswer("connection", "The receiver refused the connection.")
    raise NoAnswer("connection", f"No connection to the receiver within {CONNECT_SECONDS:.0f} seconds.")


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.CASEHUG_LOCAL and settings.OUTBOUND_CA_FILE:
        context.load_verify_locations(cafile=settings.OUTBOUND_CA_FILE)
    return context


def _left(started: float, seconds: float | None = None) -> float:
    left = (seconds or TOTAL_SECONDS) - (time.monotonic() - started)
    if left <= 0:
        raise TimeoutError
    return left


class Bounded(io.RawIOBase):
    """Reads from a connection until a point in time and up to a size, however slowly or endlessly it comes."""

    def __init__(
        self, link: socket.socket, started: float, *, room: int = MOST_HEAD + MOST_READ, seconds: float | None = None
    ) -> None:
        self.link, self.started, self.room, self.seconds = link, started, room, seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.room <= 0:
            raise HTTPException("too long")
        self.link.settimeout(_left(self.started, self.seconds))
        view = memoryview(buffer)[: min(len(buffer), self.room)]
        count = self.link.recv_into(view)
        self.room -= count
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        """Stand in for the connection towards the response parser."""
        return io.BufferedReader(self, 4096)


def _exchange(
    link: socket.socket, target: Target, body: bytes, headers: Mapping[str, str], started: float
) -> Answer:  # fmt: skip
    try:
        send_all(link, _head(target, body, headers) + body, started)
        checkpoints.reached("outbound.sent")
        response = HTTPResponse(Bounded(link, started), method="POST")  # type: ignore[arg-type]
        response.begin()
    except (HTTPException, OSError, ValueError) as error:
        raise no_answer(error, "The receiver closed the connection without a usable answer.", "broken") from None
    status, waits = response.status, _retry_after(response.headers.get("Retry-After", ""))
    return Answer(status, excerpt=_excerpt(response), retry_after=waits, seconds=time.monotonic() - started)


def no_answer(error: BaseException, words: str, code: str) -> NoAnswer:
    if isinstance(error, TimeoutError):
        return NoAnswer("timeout", f"No answer within {TOTAL_SECONDS:.0f} seconds.")
    return NoAnswer(code, words)


def _head(target: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.host_header}", f"Content-Length: {len(body)}"]
    lines += ["Content-Type: application/json", "Accept-Encoding: identity", "Connection: close"]
    lines += ["User-Agent: CaseHug-Webhooks/1"] + [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def send_all(link: socket.socket, data: bytes, started: float) -> None:
    view = memoryview(data)
    while view:
        link.settimeout(_left(started))
        view = view[link.send(view[: 16 * 1024]) :]


def _excerpt(response: HTTPResponse) -> bytes:
    """Return the first part of the answer; one that breaks off, drips or never ends is cut, its status counts."""
    kept = b""
    try:
        while len(kept) < MOST_READ:
            chunk = response.read1(MOST_READ - len(kept))
            if not chunk:
                break
            kept += chunk
    except (HTTPException, OSError, ValueError):
        pass
    return kept


def _retry_after(text: str) -> int | None:
    """Return the seconds a receiver asks to wait, at most a day; None when it asks for nothing readable."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(int(text), MOST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, min(int((moment - datetime.now(UTC)).total_seconds()), MOST_RETRY_AFTER))
