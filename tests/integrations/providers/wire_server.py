"""A server of raw bytes on the loopback: each connection is handled by a function that may do anything wrong."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

Handler = Callable[[socket.socket], None]


class WireServer:
    """Accepts connections and runs `handler` on each; keeps what arrived."""

    def __init__(self, handler: Handler) -> None:
        self.handler, self.connections, self.received = handler, 0, bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._handle, args=(peer,), daemon=True).start()

    def _handle(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError), peer:
            self.handler(peer)

    def close(self) -> None:
        self.listener.close()

    def request(self, peer: socket.socket) -> bool:
        """Read one whole request; False when the peer has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = peer.recv(65536)
            if not part:
                return False
            data += part
            self.received += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
        )
        while len(body) < length:
            part = peer.recv(65536)
            if not part:
                return False
            body += part
            self.received += part
        return True


def answer(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """Bytes of one answer; `length` lies about the size of the body."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def reset(peer: socket.socket) -> None:
    """End the connection with a reset instead of an orderly close."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def trickle(peer: socket.socket, data: bytes, seconds: float) -> None:
    """Send one byte at a time."""
    for position in range(len(data)):
        peer.sendall(data[position : position + 1])
        time.sleep(seconds)
