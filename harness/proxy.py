"""Faults on the wire: a TCP proxy between two parts that can reset what passes, or go silent without closing."""

import contextlib
import socket
import struct
import threading


class FaultProxy:
    """Listens on loopback and passes everything to `target` until told otherwise. Counts connections taken."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target, self.taken = target, 0
        self._silent, self._closed = threading.Event(), False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def reset_all(self) -> int:
        """Reset every open connection (RST, no goodbye); return how many. New ones pass."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for link in pair:
                with contextlib.suppress(OSError):
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    link.shutdown(socket.SHUT_RDWR)
                    link.close()
        return len(pairs)

    def black_hole(self) -> int:
        """Swallow everything on the connections that are open now, silently and for good; return how many."""
        silenced, self._silent = self._silent, threading.Event()
        pairs, self._pairs = self._pairs, []
        silenced.set()
        self._held = [*getattr(self, "_held", []), *pairs]  # kept open: nobody is told
        return len(pairs)

    def close(self) -> None:
        """End everything."""
        self._closed = True
        self._server.close()
        self._pairs += getattr(self, "_held", [])
        self.reset_all()

    def _serve(self) -> None:
        while not self._closed:
            try:
                near, _ = self._server.accept()
                far = socket.create_connection(self.target, timeout=5)
            except OSError:
                continue
            far.settimeout(None)
            self.taken += 1
            self._pairs.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink, self._silent), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, silent: threading.Event) -> None:
        while True:
            try:
                data = source.recv(65536)
                if silent.is_set():
                    if not data:
                        return
                    continue
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
            except OSError:
                return
