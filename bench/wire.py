"""Cheap senders: prepared bytes over kept connections, so that the sender takes as little of the cores as it can."""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


class Line:
    """One kept connection to a server on loopback; opened again when the server closed it between two requests."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def send(self, request: bytes) -> int:
        """Send one request and return the status code of its answer; 0 when the wire broke."""
        for fresh in (self._socket is None, True):
            try:
                if fresh:
                    self.close()
                    self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
                    self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return self._exchange(request)
            except OSError:
                self.close()
                if fresh:
                    return 0
        return 0

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _exchange(self, request: bytes) -> int:
        line = self._socket
        if line is None:
            raise ConnectionError("no connection")
        line.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += _more(line)
        head, _, body = received.partition(b"\r\n\r\n")
        fields = dict(one.lower().split(b":", 1) for one in head.split(b"\r\n")[1:])
        length = int(fields.get(b"content-length", b"0"))
        while len(body) < length:
            body += _more(line)
        if fields.get(b"connection", b"").strip() == b"close":
            self.close()
        return int(head[9:12])


def _more(line: socket.socket) -> bytes:
    block = line.recv(65536)
    if not block:
        raise ConnectionError("closed")
    return block


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return the bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
             f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Flooded:
    """What a flood brought: answers by code, seconds per request, and how long it took."""

    codes: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    lasted: float = 0.0

    @property
    def rate(self) -> float:
        """Answers of 200 per second."""
        return self.codes.get(200, 0) / self.lasted if self.lasted else 0.0


def flood(port: int, make: Callable[[int], bytes], *, seconds: float, lines: int = 8) -> Flooded:
    """Send as fast as the answers come over `lines` connections; `make(number)` returns a request's bytes."""
    found, lock, numbers = Flooded(), threading.Lock(), iter(range(10_000_000))
    begun = time.perf_counter()

    def work() -> None:
        line, codes, took = Line(port), dict[int, int](), list[float]()
        while time.perf_counter() - begun < seconds:
            with lock:
                number = next(numbers)
            request, since = make(number), time.perf_counter()
            code = line.send(request)
            took.append(time.perf_counter() - since)
            codes[code] = codes.get(code, 0) + 1
        line.close()
        with lock:
            found.seconds += took
            for code, count in codes.items():
                found.codes[code] = found.codes.get(code, 0) + count

    threads = [threading.Thread(target=work) for _ in range(lines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.lasted = time.perf_counter() - begun
    return found
