"""A small threaded HTTP/1.1 server for WSGI programs that can also break its own answers on demand.

Each connection has its thread, so a slow or paused answer never blocks the control routes. The application finds
a `Wire` in `environ["sandbox.wire"]` and uses it to ask for a reset or a truncated body.
"""

from __future__ import annotations

import io
import socket
import socketserver
import struct
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

MAX_HEAD = 64 * 1024
MAX_BODY = 32 * 1024 * 1024
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class Wire:
    """What the application asks of the connection that carries the current answer."""

    reset: bool = False
    truncate_to: int | None = None


class BadRequest(Exception):
    """The bytes on the connection are not a request this server understands."""


class StandInServer(socketserver.ThreadingTCPServer):
    """Threaded server of one WSGI application; `keep_alive` (seconds idle) and `max_body` (bytes) bound it."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(
        self, address: tuple[str, int], app: WsgiApp, *, keep_alive: float = 75.0, max_body: int = MAX_BODY
    ) -> None:
        self.app = app
        self.max_body = max_body
        self.keep_alive = keep_alive
        self.to_reset: set[int] = set()
        super().__init__(address, _Connection)

    def shutdown_request(self, request: Any) -> None:
        """End a connection in order, or with a TCP reset when the application asked for one."""
        if id(request) in self.to_reset:
            self.to_reset.discard(id(request))
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.close()
            return
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is normal; everything else is shown."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handle_error(request, client_address)


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: StandInServer

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self.server.keep_alive)

    def handle(self) -> None:
        try:
            while self._one_request():
                pass
        except (TimeoutError, ConnectionError):
            return
        except BadRequest as error:
            text = str(error).encode()
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(text))
            self.wfile.write(text)

    def _one_request(self) -> bool:
        head = self._read_head()
        if head is None:
            return False
        method, target, headers = head
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._read_body(headers)
        wire = Wire()
        status, answer_headers, payload = self._run(self._environ(method, target, headers, body, wire))
        if wire.reset:
            self.server.to_reset.add(id(self.request))
            return False
        close = headers.get("connection", "").lower() == "close" or wire.truncate_to is not None
        self._answer(method, status, answer_headers, payload, close=close, wire=wire)
        return not close

    def _read_head(self) -> tuple[str, str, dict[str, str]] | None:
        line = self.rfile.readline(MAX_HEAD)
        if not line.strip():
            line = self.rfile.readline(MAX_HEAD) if line else b""
        if not line:
            return None
        parts = line.decode("latin-1").split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequest("Request line not understood")
        headers: dict[str, str] = {}
        size = 0
        while True:
            raw = self.rfile.readline(MAX_HEAD)
            size += len(raw)
            if raw in (b"\r\n", b"\n", b""):
                break
            name, colon, value = raw.decode("latin-1").partition(":")
            if not colon or size > MAX_HEAD:
                raise BadRequest("Headers not understood")
            headers[name.strip().lower()] = value.strip()
        if parts[2] == "HTTP/1.0":
            headers.setdefault("connection", "close")
        return parts[0], parts[1], headers

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._read_chunks()
        text = headers.get("content-length", "0")
        if not text.isdigit() or int(text) > self.server.max_body:
            raise BadRequest("Content-Length not acceptable")
        wanted = int(text)
        body = self.rfile.read(wanted) if wanted else b""
        if len(body) < wanted:
            raise ConnectionError("the client left in the middle of the body")
        return body

    def _read_chunks(self) -> bytes:
        chunks = bytearray()
        while True:
            try:
                size = int(self.rfile.readline(MAX_HEAD).split(b";")[0].strip(), 16)
            except ValueError:
                raise BadRequest("Chunk size not understood") from None
            if size == 0:
                while self.rfile.readline(MAX_HEAD) not in (b"\r\n", b"\n", b""):
                    pass
                return bytes(chunks)
            if size < 0 or len(chunks) + size > self.server.max_body:
                raise BadRequest("Body too large")
            chunks += self.rfile.read(size)
            self.rfile.readline(MAX_HEAD)

    def _environ(self, method: str, target: str, headers: dict[str, str], body: bytes, wire: Wire) -> dict[str, Any]:
        path, _, query = target.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "QUERY_STRING": query, "SERVER_NAME": str(host),
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "RAW_URI": target, "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": str(self.client_address[0]), "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
            "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False, "sandbox.wire": wire,
            "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": headers.get("content-type", ""),
        }  # fmt: skip
        for name, value in headers.items():
            if name not in ("content-length", "content-type", "transfer-encoding"):
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def _run(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        started: list[Any] = ["500 Internal Server Error", []]

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            started[0], started[1] = status, headers

        try:
            result = self.server.app(environ, start_response)
            payload = b"".join(result)
            close = getattr(result, "close", None)
            if close is not None:
                close()
        except Exception:
            traceback.print_exc()
            return "500 Internal Server Error", [("Content-Type", "text/plain")], b"The stand-in itself failed."
        return started[0], started[1], payload

    def _answer(
        self, method: str, status: str, headers: list[tuple[str, str]], payload: bytes, *, close: bool, wire: Wire
    ) -> None:
        lines = [f"HTTP/1.1 {status}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() != "content-length"]
        bodiless = status[:3] in (str(HTTPStatus.NO_CONTENT.value), str(HTTPStatus.NOT_MODIFIED.value))
        if not bodiless:
            lines.append(f"Content-Length: {len(payload)}")
        lines.append("Connection: close" if close else "Connection: keep-alive")
        sent = b"" if bodiless or method == "HEAD" else payload
        if wire.truncate_to is not None:
            sent = sent[: wire.truncate_to]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + sent)
