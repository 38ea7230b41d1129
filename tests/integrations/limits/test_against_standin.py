"""Our budget against a server that counts: whatever kind of window it keeps, it never has to say "too many"."""

import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from integrations.contract.errors import Throttled
from integrations.limits.bucket import Bucket, Known
from integrations.providers.lawmatics.client import LawmaticsApi
from tests.sandbox.conftest import Standin

MINUTE = 3.0
LIMIT = 50


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    running = Standin(tmp_path_factory.mktemp("limits-standin") / "store.sqlite3")
    yield running
    running.stop()


@pytest.mark.parametrize("window", ["sliding", "fixed", "bucket"])
def test_four_workers_use_the_limit_and_are_never_refused(standin: Standin, window: str) -> None:
    standin.control("POST", "reset")
    standin.switch(rate_limit=str(LIMIT), rate_window=window, rate_window_seconds=str(MINUTE))
    standin.connect()
    token = str(standin.http.headers["Authorization"]).removeprefix("Bearer ")
    bucket = Bucket(redis.Redis.from_url(os.environ["REDIS_URL"]), minute=MINUTE)
    connection_id, firm_id, end = uuid.uuid4(), uuid.uuid4(), time.monotonic() + 2 * MINUTE

    def work(lane: int) -> int:
        def gate() -> None:
            decision = bucket.acquire(connection_id, firm_id, lane=lane, calls_per_minute=LIMIT, known=Known())
            if decision.wait:
                raise Throttled(seconds=decision.wait, by_provider=False)

        api, done = LawmaticsApi(base_url=standin.url, token=token, gate=gate), 0
        while time.monotonic() < end:
            try:
                api.read("/v1/users/me")
                done += 1
            except Throttled as wait:
                assert not wait.by_provider, "refused by the server"
                time.sleep(min(wait.seconds, max(0.0, end - time.monotonic())))
        return done

    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(work, [1, 2, 2, 2]))
    counted = standin.control("GET", "ledger")
    assert counted["rejected_429"] == 0
    assert done >= 0.95 * 0.98 * LIMIT * 2
