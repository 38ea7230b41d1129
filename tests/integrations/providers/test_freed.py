"""A client that nobody holds is freed, its connections too: a worker makes one for every matter."""

import gc
import socket
import time
import weakref

from integrations.contract.records import Leaf, Source, seal_body
from integrations.providers.lawmatics.client import LawmaticsApi
from tests.integrations.providers.wire_server import WireServer, answer


class Holder:
    """Stands for the run of a matter: it holds its client, and the client's observer leads back to it."""

    def __init__(self, url: str) -> None:
        self.points: list[str] = []
        self.api = LawmaticsApi(base_url=url, token="tok-invented-1", gate=lambda: None, observer=self.observe)

    def observe(self, point: str) -> None:
        self.points.append(point)


def test_a_client_and_its_run_are_freed_after_a_call() -> None:
    def keep_alive(peer: socket.socket) -> None:
        server.request(peer)
        peer.sendall(answer("201 Created", b'{"data": {"id": "7", "type": "contact"}}'))
        peer.recv(1)  # the client keeps the connection for its next call

    server = WireServer(keep_alive)
    try:
        holder = Holder(server.url)
        exchange = holder.api.write("POST", "/v1/contacts", seal_body({"first_name": Leaf("Maya", Source.IDENTITY)}))
        assert exchange.status == 201 and holder.points
        seen = weakref.ref(holder)
        del holder, exchange
        ends = time.monotonic() + 5
        while seen() is not None and time.monotonic() < ends:  # the deadline's timer ends a moment after the call
            gc.collect()
            time.sleep(0.02)
        assert seen() is None
    finally:
        server.close()
