"""What becomes due by itself: looks of the relay, expiries, fetches and deliveries; one thread looks for it."""

from __future__ import annotations

import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from sandbox.lexamica import catalogue
from sandbox.lexamica.events import courier
from sandbox.lexamica.records import files, invitations, relay
from sandbox.lexamica.refusals import Refusal
from sandbox.lexamica.store import Record
from sandbox.lexamica.world import World

PAUSE = 0.05
KEPT_DELIVERIES = 5_000
OUTSIDE = {"delivery": courier.attempt, "attachment": files.fetch}


def inside(world: World) -> int:
    """Do what needs no connection to others: looks, expiries and automatic answers; returns how much there was."""
    done = 0
    waiting = world.store.select(
        "due <= ? AND kind IN ('case', 'invitation')", [world.now()], order="due", limit=200
    )  # fmt: skip
    eager = answering(world)
    if not waiting and not eager:
        return 0
    with world.store.transaction():
        for record in waiting:
            fresh = world.store.numbered(record.n)
            if fresh is None or fresh.due is None or fresh.due > world.now():
                continue
            if fresh.kind == "case":
                relay.match(world, fresh)
            elif fresh.state == "new":
                relay.expire(world, fresh)
            done += 1
        for firm in eager:
            done += automatic(world, firm)
    return done


def answering(world: World) -> list[int]:
    """The firms that have an open invitation and answer by themselves."""
    with world.store.lock:
        rows = world.store.db.execute("SELECT DISTINCT org FROM records WHERE kind = 'invitation' AND state = 'new'")
        firms = [int(row[0]) for row in rows.fetchall()]
    return [firm for firm in firms if world.switches.get("auto_answer", firm) != "off"]


def automatic(world: World, firm: int) -> int:
    """Let a firm answer its open invitations by itself."""
    action, done = world.switches.get("auto_answer", firm), 0
    for invitation in world.store.select("kind = 'invitation' AND state = 'new' AND org = ?", [firm]):
        try:
            reason = {"declineReason": "Outside our practice"}
            invitations.answer(world, invitation, action, reason, actor=firm, by_api=False)
            done += 1
        except Refusal:
            continue  # it ran out a moment ago; its expiry is the next thing that happens
    return done


def settle(world: World, *, rounds: int = 50) -> int:
    """Do everything of `inside` that is due now, and what that makes due."""
    total = 0
    for _round in range(rounds):
        done = inside(world)
        total += done
        if not done:
            break
    return total


class Worker(threading.Thread):
    """Works until the process ends; deliveries and fetches run several at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(daemon=True, name="worker")
        self.world = world
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="worker")
        self._running: set[int] = set()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Look, work, sleep."""
        rounds = 0
        while True:
            time.sleep(PAUSE)
            rounds += 1
            try:
                inside(self.world)
                self._send_out()
                if rounds % 600 == 0:
                    forget_old(self.world)
            except Exception:
                traceback.print_exc()

    def _send_out(self) -> None:
        where = "due <= ? AND kind IN ('delivery', 'attachment')"
        for record in self.world.store.select(where, [self.world.now()], order="due", limit=50):
            with self._lock:
                if record.n in self._running:
                    continue
                self._running.add(record.n)
            self._pool.submit(self._carry, record)

    def _carry(self, record: Record) -> None:
        try:
            OUTSIDE[record.kind](self.world, record)
        except Exception:
            traceback.print_exc()
        finally:
            with self._lock:
                self._running.discard(record.n)


def forget_old(world: World) -> None:
    """Drop stored events past their retention, dead addresses and old deliveries."""
    oldest = world.now() - catalogue.number("stored_events.retention_days") * 86_400
    with world.store.transaction():
        for record in world.store.select("kind IN ('stored_event', 'url') AND at < ?", [oldest]):
            world.store.delete(record)
        done = "kind = 'delivery' AND state <> 'waiting'"
        for record in world.store.select(done, [], order="n DESC", offset=KEPT_DELIVERIES):
            world.store.delete(record)
