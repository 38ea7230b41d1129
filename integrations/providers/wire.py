"""The connection under the client: knows whether a request byte has left, and cuts a call that takes too long."""

import contextlib
import logging
import socket
import ssl
import time
import weakref
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager
from urllib3.util.ssl_ import create_urllib3_context

for _name in ("urllib3.connection", "urllib3.connectionpool"):
    # They log whole URLs, at DEBUG each one and at WARNING odd answers; a URL of ours may hold a client's e-mail.
    logging.getLogger(_name).setLevel(logging.CRITICAL)

LATEST_SEND_SECONDS = 8.0  # the engine's send deadline is 10 s after the intent: a slow connect must not fire late


class TooLate(OSError):
    """Connecting took so long that the request must not be sent any more. Nothing has left."""


class Wire:
    """What happened on the wire during the request under way. One request at a time."""

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, observer: Callable[[str], None] | None) -> None:
        """Forget the last request. `observer` hears the points of a write (`contract.http.WRITE_POINTS`)."""
        self.observer = observer
        self.started = time.monotonic()
        self.touched = False  # a send was begun; from here on nobody can prove that no byte arrived
        self.cut_off = False
        self.sends = 0
        self.sock: socket.socket | None = None

    def send(self, sock: socket.socket, data: Any, push: Callable[[Any], None]) -> None:
        """Push one piece: first the headers, then the body, which an observer sees in two halves."""
        if self.sends == 0 and time.monotonic() - self.started > LATEST_SEND_SECONDS:
            raise TooLate("connecting took too long")
        self.sock, self.touched = sock, True
        self.sends += 1
        if self.observer is None or self.sends == 1:
            push(data)
            return
        half = len(data) // 2
        push(data[:half])
        self.tell("body.half")
        push(data[half:])
        self.tell("request.sent")

    def tell(self, point: str) -> None:
        """Tell the observer, if there is one, that a point was passed."""
        if self.observer is not None:
            self.observer(point)

    def cut(self) -> None:
        """End the call from the outside: a blocked read returns at once. Used by the deadline's timer."""
        self.cut_off = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it takes the TLS state away under the reading thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _counted(wire: Wire) -> tuple[type[HTTPConnectionPool], type[HTTPSConnectionPool]]:
    """Return pool classes whose connections report to `wire`."""
    # Weak: urllib3 keeps a pool's connections alive until the pool is gone, and through its observer the wire leads
    # back to the whole client. With a strong reference none of it would ever be freed.
    wire = weakref.proxy(wire)

    class Plain(HTTPConnection):
        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()  # apart from the first byte: a refused connection has sent nothing
            wire.send(self.sock, data, super().send)

    class Secure(HTTPSConnection):
        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            wire.send(self.sock, data, super().send)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return PlainPool, SecurePool


class WireAdapter(HTTPAdapter):
    """Transport without retries, TLS 1.2 or newer, on connections that report to a `Wire`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__(max_retries=0, pool_connections=2, pool_maxsize=2)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Make the pools. Called by requests."""
        context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
        pools = PoolManager(num_pools=connections, maxsize=maxsize, block=block, ssl_context=context, **kwargs)
        plain, secure = _counted(self._wire)
        pools.pool_classes_by_scheme = {"http": plain, "https": secure}
        self.poolmanager = pools
