"""The background thread that carries webhook deliveries out, with Lawmatics' retry times."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from sandbox.lawmatics.events import webhooks
from sandbox.lawmatics.records.store import Record
from sandbox.lawmatics.world import World

PAUSE = 0.05
ACK_SECONDS = 10
KEPT_DELIVERIES = 2000


class Courier(threading.Thread):
    """Looks for due deliveries and sends them, several at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(daemon=True, name="courier")
        self.world = world
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="courier")
        self._running: set[int] = set()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Work until the process ends."""
        rounds = 0
        while True:
            time.sleep(PAUSE)
            rounds += 1
            for delivery in self.due():
                with self._lock:
                    if delivery.id in self._running:
                        continue
                    self._running.add(delivery.id)
                self._pool.submit(self._carry, delivery)
            if rounds % 1200 == 0:
                self._forget_old()

    def due(self) -> list[Record]:
        """Waiting deliveries whose time has come, oldest event first."""
        where = "name = 'waiting' AND kind = 'delivery' AND json_extract(doc, '$.due') <= ?"
        return self.world.store.select(where, [time.time()], limit=50)

    def _forget_old(self) -> None:
        old = self.world.store.select("kind = 'delivery'", [], order="id DESC", offset=KEPT_DELIVERIES)
        with self.world.store.transaction():
            for delivery in old:
                if delivery.doc["state"] != "waiting":
                    self.world.store.delete(delivery)

    def _carry(self, delivery: Record) -> None:
        try:
            self._attempt(delivery)
        finally:
            with self._lock:
                self._running.discard(delivery.id)

    def _attempt(self, delivery: Record) -> None:
        """One attempt; the outcome and the next time are kept."""
        store, doc = self.world.store, delivery.doc
        hook = store.get("webhook", doc["webhook_id"])
        if hook is None or not hook.doc["active"]:
            outcome, again = "webhook is off", False
        else:
            outcome, again = self._send(hook, doc)
        with store.transaction():
            kept = store.get("delivery", delivery.id)
            if kept is None:
                return
            kept.doc["attempts"].append({"at": time.time(), "outcome": outcome})
            number = len(kept.doc["attempts"])
            if again and number < len(webhooks.DELAYS):
                scale = self.world.switches.number("webhook_time_scale", delivery.account)
                kept.doc["due"] = time.time() + webhooks.DELAYS[number] * scale
            else:
                delivered = outcome.startswith("2") and not again
                kept.doc["state"] = "delivered" if delivered else "failed"
            store.save(kept, at=self.world.now())

    def _send(self, hook: Record, doc: dict[str, object]) -> tuple[str, bool]:
        """Send; returns the outcome in words and whether Lawmatics would try again."""
        headers, body = webhooks.headers_and_body(self.world, hook, doc)
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.post(
                    hook.doc["url"], data=body, headers=headers, timeout=ACK_SECONDS, allow_redirects=False
                )
            except requests.RequestException as error:
                return type(error).__name__, True
        status = answer.status_code
        return str(status), 300 <= status < 400 or status == 429 or status >= 500
