"""Fetching a file from an address that an exchange named: the same checks as for webhooks, no redirect, bounded."""

import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Protocol

from casehug.common.scope import assert_no_transaction
from integrations.outbound.addresses import Target, TargetRefused, parse_target
from integrations.outbound.egress import (
    MOST_HEAD,
    Bounded,
    NoAnswer,
    Resolve,
    open_checked,
    resolve_checked,
    send_all,
    system_lookup,
)

TOTAL_SECONDS = 75.0
CHUNK = 256 * 1024
FRAMES = 1024 * 1024
"""Room for the sizes between the chunks of an answer without a length."""


class Sink(Protocol):
    """Where the content goes."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True)
class Fetched:
    """What came of it: the size, or why there is nothing. `again`: another try may bring it."""

    size: int = 0
    code: str = ""
    problem: str = ""
    again: bool = False


def download(url: str, *, into: Sink, most: int, resolve: Resolve = system_lookup) -> Fetched:
    """GET once and write the content to `into`, at most `most` bytes. Raises nothing; what was written of a failed

    try is to be thrown away. Call it outside any transaction.
    """
    assert_no_transaction()
    started = time.monotonic()
    try:
        target = parse_target(url)
        with open_checked(target, resolve_checked(target, resolve), started) as link:
            send_all(link, _head(target), started)
            room = MOST_HEAD + most + FRAMES
            stream = Bounded(link, started, room=room, seconds=TOTAL_SECONDS)
            response = HTTPResponse(stream, method="GET")  # type: ignore[arg-type]
            response.begin()
            return _refused(response.status) or _read(response, into, most)
    except TargetRefused as refused:
        return Fetched(code=f"refused_{refused.code}", problem=f"Its address is never contacted. {refused.text}")
    except NoAnswer as missing:
        return Fetched(code=missing.code, problem=missing.text, again=True)
    except TimeoutError:
        return Fetched(code="timeout", problem=f"It did not arrive within {TOTAL_SECONDS:.0f} seconds.", again=True)
    except (HTTPException, OSError, ValueError):
        return Fetched(code="broken", problem="The connection broke off before the file was complete.", again=True)


def _head(target: Target) -> bytes:
    lines = [f"GET {target.path} HTTP/1.1", f"Host: {target.host_header}", "Accept: */*", "Accept-Encoding: identity",
             "Connection: close", "User-Agent: CaseHug-Files/1"]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _refused(status: int) -> Fetched | None:
    if status == 200:
        return None
    if status in (401, 403, 404, 410):
        return Fetched(code=f"http_{status}", problem="Its address is no longer valid. Ask the sender for the file.")
    if 300 <= status < 400:
        return Fetched(code=f"http_{status}", problem="Its address leads elsewhere; that is not followed.")
    again = status in (408, 425, 429) or status >= 500
    return Fetched(code=f"http_{status}", problem=f"The server answered with an error ({status}).", again=again)


def _read(response: HTTPResponse, into: Sink, most: int) -> Fetched:
    declared, size = response.length, 0
    if declared is not None and declared > most:
        return _too_large(most)
    while chunk := response.read(CHUNK):
        size += len(chunk)
        if size > most:
            return _too_large(most)
        into.write(chunk)
    if declared is not None and size < declared:
        return Fetched(code="broken", problem="The connection broke off before the file was complete.", again=True)
    return Fetched(size=size)


def _too_large(most: int) -> Fetched:
    return Fetched(code="too_large", problem=f"It is larger than {most // 1024**2} MB. It can be read there.")
