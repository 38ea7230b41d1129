"""The provider's limit with eight workers: well used, never refused; beside a rival that takes calls, few refusals.

Counted at the stand-in, on a scaled clock. Sabotage: a budget of its own for each worker is refused at once.
"""

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
import redis
import requests

from harness.size import pick
from integrations.contract.errors import Throttled
from integrations.limits.bucket import Bucket, Known
from integrations.providers.lawmatics.client import LawmaticsApi
from tests.sandbox.conftest import Standin

LIMIT, WORKERS = 50, 8
MINUTE, MINUTES = float(pick(3, 12)), pick(2, 10)


@pytest.fixture
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    running = Standin(tmp_path_factory.mktemp("rate-standin") / "store.sqlite3")
    running.switch(rate_limit=str(LIMIT), rate_window="sliding", rate_window_seconds=str(MINUTE))
    running.connect()
    yield running
    running.stop()


class Crowd:
    """Workers that call as fast as their budget lets them, and obey every refusal."""

    def __init__(self, standin: Standin, *, own_budgets: bool = False) -> None:
        self.standin, self.own = standin, own_budgets
        self.token = str(standin.http.headers["Authorization"]).removeprefix("Bearer ")
        self.bucket = Bucket(redis.Redis.from_url(os.environ["REDIS_URL"]), minute=MINUTE)
        self.connection_id, self.firm_id = uuid.uuid4(), uuid.uuid4()
        self.done, self.early, self.pause = 0, 0, 0.0

    def work(self, seconds: float) -> None:
        """Let all work for a while."""
        end = time.monotonic() + seconds
        workers = [threading.Thread(target=self._one, args=(end,)) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _one(self, end: float) -> None:
        me = uuid.uuid4() if self.own else self.connection_id

        def gate() -> None:
            decision = self.bucket.acquire(me, self.firm_id, lane=2, calls_per_minute=LIMIT, known=Known())
            if decision.wait:
                raise Throttled(seconds=decision.wait, by_provider=False)
            self.early += time.monotonic() < self.pause - 0.05

        api = LawmaticsApi(base_url=self.standin.url, token=self.token, gate=gate)
        while time.monotonic() < end:
            try:
                api.read("/v1/users/me")
                self.done += 1
            except Throttled as wait:
                if wait.by_provider:
                    self.bucket.throttled(me, calls_per_minute=LIMIT, seconds=wait.seconds)
                    self.pause = time.monotonic() + wait.seconds
                time.sleep(max(0.01, min(wait.seconds, end - time.monotonic())))

    @property
    def refused(self) -> int:
        return int(self.standin.control("GET", "ledger")["rejected_429"])


def test_eight_workers_use_the_limit_and_are_never_refused(
    standin: Standin, record_property: Callable[[str, object], None]
) -> None:
    crowd = Crowd(standin)
    crowd.work(MINUTES * MINUTE)
    share = crowd.done / (LIMIT * MINUTES)
    record_property("trials", crowd.done)
    record_property("measured", f"{crowd.done} calls, {share:.1%} of the limit, {crowd.refused} refused")
    assert crowd.refused == 0 and share >= 0.93


def test_beside_a_rival_nobody_starves_and_every_pause_is_kept(
    standin: Standin, record_property: Callable[[str, object], None]
) -> None:
    crowd, stop, taken = Crowd(standin), threading.Event(), [0]

    def rival() -> None:
        """Another program of the firm: takes half of the limit, evenly."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {crowd.token}"
        while not stop.wait(2 * MINUTE / LIMIT):
            taken[0] += session.get(f"{standin.url}/v1/users/me", timeout=10).status_code == 200

    other = threading.Thread(target=rival)
    other.start()
    crowd.work(MINUTES * MINUTE)
    stop.set()
    other.join()
    share = (crowd.done + taken[0]) / (LIMIT * MINUTES)
    record_property("measured", f"with a rival: ours {crowd.done}, theirs {taken[0]}, together {share:.1%} of the"
                    f" limit, {crowd.refused} refused, {crowd.early} of our calls inside a pause")  # fmt: skip
    assert crowd.early == 0 and crowd.done >= 0.2 * LIMIT * MINUTES and taken[0] > 0


def test_sabotage_a_budget_for_each_worker_is_refused(standin: Standin) -> None:
    crowd = Crowd(standin, own_budgets=True)
    crowd.work(0.8 * MINUTE)
    assert crowd.refused > 0
