"""The relay: finds due rows and rings the broker's bell for them. Its database role sees no content of any row.

Several may run: rows are taken with SKIP LOCKED. A crash after commit is healed by the next ring after 30 s.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import structlog
from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown

from casehug.common import silence

log = structlog.get_logger(__name__)

RING_AGAIN_SECONDS = 30
UNDER_WAY_SECONDS = 2
CANARY_SECONDS = 30
BATCH = 200

# One write doorbell per connection: what has begun first, then the longest unserved. Not rung: a connection that is
# writing, a lane whose budget is used up, and what calls out while the operator has paused everything outgoing.
# A write doorbell just rung (`fresh`) is on its way to a worker: until it is claimed only a more urgent one follows it.
# Ringing the next ones in the meantime would cost a refused claim each, and each of those another look.
# A writer whose worker died still stands in the way of every other one (the claim would be refused), so it is rung
# alone until somebody has taken it over.
DUE_SQL = """
WITH due AS (
    SELECT w.id, w.lane, w.next_attempt_at, w.writes, f.fresh,
        row_number() OVER (PARTITION BY w.writes, CASE WHEN w.writes THEN coalesce(w.connection_id, w.id) ELSE w.id END
                           ORDER BY w.lane, NOT f.fresh, w.step = '', w.next_attempt_at) AS place
    FROM common_workitem w, LATERAL (SELECT w.writes AND w.status = 'ready' AND w.rung_at IS NOT NULL
        AND w.rung_at > now() - make_interval(secs => %(under_way)s) AS fresh) f
    WHERE ((w.status = 'ready' AND w.next_attempt_at <= now()) OR (w.status = 'running' AND w.lease_until < now()))
      AND (w.rung_at IS NULL OR w.rung_at < now() - make_interval(secs => %(again)s)
           OR (w.status = 'running' AND w.rung_at < w.lease_until) OR f.fresh)
      AND NOT (w.writes AND w.status = 'ready' AND EXISTS (
            SELECT 1 FROM common_workitem r WHERE r.connection_id = w.connection_id AND r.firm_id = w.firm_id
            AND r.status = 'running' AND r.writes))
      AND NOT (w.status = 'ready' AND EXISTS (
            SELECT 1 FROM common_gate g WHERE g.firm_id = w.firm_id AND g.connection_id = w.connection_id
            AND g.lane = w.lane AND g.closed_until > now()))
      AND NOT ((w.connection_id IS NOT NULL OR w.queue = 'outbound') AND EXISTS (SELECT id FROM common_standstill))
), chosen AS (
    SELECT id FROM due WHERE NOT fresh AND (place = 1 OR NOT writes) ORDER BY lane, next_attempt_at LIMIT %(batch)s
)
UPDATE common_workitem w SET rung_at = now()
WHERE w.id IN (SELECT x.id FROM common_workitem x JOIN chosen USING (id) FOR UPDATE OF x SKIP LOCKED)
RETURNING w.id, w.firm_id, w.queue"""

# The next moment at which something can become due: a row's time, or the opening of a lane.
NEXT_SQL = """
SELECT extract(epoch FROM least(
    (SELECT min(next_attempt_at) FROM common_workitem WHERE status = 'ready' AND next_attempt_at > now()),
    (SELECT min(closed_until) FROM common_gate WHERE closed_until > now())) - now())::float"""


class Relay:
    """Listens for NOTIFY, looks at least every second, rings. Survives a lost broker and a lost database."""

    def __init__(self, dsn: str, app: Celery, channel: str, canary_queues: Sequence[str]) -> None:
        self.dsn, self.app, self.channel, self.canary_queues = dsn, app, channel, canary_queues
        self.stopping = False
        self.canary_due = 0.0

    def run(self, *, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Work until `should_stop` or `stop()`; reconnects after faults with a short pause."""
        while not (self.stopping or should_stop()):
            try:
                self._session(should_stop)
            except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError):  # the last: `let_go`
                log.warning("relay.database.unavailable")
                time.sleep(1)

    def stop(self) -> None:
        """End after the current look."""
        self.stopping = True

    def _session(self, should_stop: Callable[[], bool]) -> None:
        with psycopg.connect(self.dsn, autocommit=True, connect_timeout=5, application_name="casehug-relay") as db:
            silence.bound(db)
            silence.let_go(db)
            db.execute(f"LISTEN {self.channel}")
            db.execute("SET synchronous_commit = off")  # a ring that a crash forgets only rings again
            while not (self.stopping or should_stop()):
                rang = self._look(db)
                self._canaries()
                if rang < BATCH:
                    self._sleep(db)

    def _look(self, db: psycopg.Connection[Any]) -> int:
        with db.transaction():
            values = {"again": RING_AGAIN_SECONDS, "under_way": UNDER_WAY_SECONDS, "batch": BATCH}
            rows = db.execute(DUE_SQL, values).fetchall()
        for index, (item_id, firm_id, queue) in enumerate(rows):
            try:
                self._ring("casehug.run_work", {"w": str(item_id), "f": str(firm_id)}, queue)
            except (BrokerDown, OSError):
                log.warning("relay.broker.unavailable", count=len(rows) - index)
                self._unring(db, [row[0] for row in rows[index:]])
                time.sleep(1)
                break
        return len(rows)

    def _unring(self, db: psycopg.Connection[Any], ids: list[Any]) -> None:
        db.execute("UPDATE common_workitem SET rung_at = NULL WHERE id = ANY(%s)", [ids])

    def _ring(self, task: str, kwargs: dict[str, str], queue: str) -> None:
        # The one place that publishes: the message is ids only, the row is the record.
        self.app.send_task(task, kwargs=kwargs, queue=queue, retry=False, ignore_result=True)

    def _canaries(self) -> None:
        if time.monotonic() < self.canary_due:
            return
        self.canary_due = time.monotonic() + CANARY_SECONDS
        for queue in self.canary_queues:
            try:
                self.app.send_task(
                    "casehug.canary", kwargs={"queue": queue}, queue=queue, retry=False, expires=CANARY_SECONDS
                )
            except (BrokerDown, OSError):
                return

    def _sleep(self, db: psycopg.Connection[Any]) -> None:
        row = db.execute(NEXT_SQL).fetchone()
        until_next = row[0] if row and row[0] is not None else 1.0
        for _ in db.notifies(timeout=max(0.01, min(1.0, until_next)), stop_after=1):
            pass
