"""The bucket on a real server with short minutes: never over the limit, well used, fair between lanes, obedient."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import settings

from integrations.limits.bucket import Bucket, Known

MINUTE = 3.0
BUTTON, AUTOMATIC, BULK = 0, 1, 2


@pytest.fixture
def link() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)


class Desk:
    """One connection of one firm, asked by any number of callers. `minute` is short: times below are scaled."""

    def __init__(self, link: redis.Redis, *, limit: int = 50, minute: float = MINUTE) -> None:
        self.bucket, self.limit, self.minute = Bucket(link, minute=minute), limit, minute
        self.connection_id, self.firm_id = uuid.uuid4(), uuid.uuid4()
        self.known: Known | None = Known()
        self.granted: list[tuple[float, int]] = []

    def ask(self, lane: int = AUTOMATIC, *, unseen: int = 0, paused_until: float = 0.0) -> float:
        decision = self.bucket.acquire(
            self.connection_id,
            self.firm_id,
            lane=lane,
            calls_per_minute=self.limit,
            known=self.known,
            unseen=unseen,
            paused_until=paused_until,
        )
        if decision.wait == 0 and not decision.cold:
            self.granted.append((time.monotonic(), lane))
        return decision.wait

    def work(self, seconds: float, lane: int, *, late: float = 0.0) -> None:
        """Call as fast as allowed for a while, as a worker does; `late` = how much later than told it comes back."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            wait = self.ask(lane)
            time.sleep(min(wait + (late if wait else 0.0), max(0.0, end - time.monotonic())))

    def most_in_window(self, seconds: float) -> int:
        times = sorted(moment for moment, _ in self.granted)
        return max((sum(1 for t in times[i:] if t < start + seconds) for i, start in enumerate(times)), default=0)

    def most_in_fixed_window(self, seconds: float, offset: float) -> int:
        counts: dict[int, int] = {}
        for moment, _ in self.granted:
            key = int((moment + offset) // seconds)
            counts[key] = counts.get(key, 0) + 1
        return max(counts.values(), default=0)


@pytest.fixture
def desk(link: redis.Redis) -> Desk:
    return Desk(link)


def test_bulk_uses_the_limit_and_never_passes_it(desk: Desk) -> None:
    desk.work(2 * MINUTE, BULK)
    assert desk.most_in_window(MINUTE) <= 50
    assert all(desk.most_in_fixed_window(MINUTE, offset / 7) <= 50 for offset in range(21))
    assert len(desk.granted) >= 0.95 * 0.98 * 50 * 2


def test_callers_that_come_a_little_late_lose_nothing(desk: Desk) -> None:
    desk.work(2 * MINUTE, BULK, late=0.3 * MINUTE / 49)
    assert len(desk.granted) >= 0.95 * 0.98 * 50 * 2


def test_many_processes_together_stay_under_the_limit(link: redis.Redis) -> None:
    desk = Desk(link, limit=50)
    lanes = [BUTTON, AUTOMATIC, AUTOMATIC, BULK, BULK, BULK, BULK, BULK]
    with ThreadPoolExecutor(len(lanes)) as pool:
        list(pool.map(lambda lane: desk.work(2 * MINUTE, lane), lanes))
    assert desk.most_in_window(MINUTE) <= 50
    assert len(desk.granted) >= 0.95 * 0.98 * 50 * 2


@pytest.mark.parametrize(("lane", "burst"), [(BUTTON, 4), (AUTOMATIC, 3), (BULK, 1)])
def test_how_many_calls_go_at_once(desk: Desk, lane: int, burst: int) -> None:
    at_once = 0
    while desk.ask(lane) == 0 and at_once < 10:
        at_once += 1
    assert at_once == burst


def test_the_wait_told_is_enough(desk: Desk) -> None:
    desk.ask(BULK)
    wait = desk.ask(BULK)
    assert 0 < wait <= MINUTE / 48
    time.sleep(wait)
    assert desk.ask(BULK) == 0


def test_the_ledger_alone_keeps_the_limit_after_a_higher_setting(link: redis.Redis) -> None:
    """At 5000 a minute 60 calls pass in a moment; then the setting goes down to 50: nothing more in this minute."""
    desk = Desk(link, limit=5000)
    while len(desk.granted) < 60:
        time.sleep(desk.ask(BULK))
    desk.limit = 50
    assert desk.ask(BUTTON) > 0.3 * MINUTE


def test_a_waiting_button_goes_before_bulk(link: redis.Redis) -> None:
    desk = Desk(link, limit=5000)
    while len(desk.granted) < 50:
        time.sleep(desk.ask(BULK))
    desk.limit = 50
    wait = desk.ask(BUTTON)
    assert desk.ask(BULK) > wait
    time.sleep(wait)
    assert desk.ask(BULK) > 0
    assert desk.ask(AUTOMATIC) > 0
    assert desk.ask(BUTTON) == 0


def test_the_mark_of_a_caller_that_gave_up_fades(desk: Desk) -> None:
    wait = 0.0
    while not wait:
        wait = desk.ask(BUTTON)
    time.sleep(5 * MINUTE / 49 + 2.5 * MINUTE / 60)
    assert desk.ask(BULK) == 0


def test_a_lower_lane_with_work_gets_one_call_in_ten(desk: Desk) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda lane: desk.work(2 * MINUTE, lane), [BUTTON, BUTTON, BUTTON, BULK]))
    lanes = [lane for _, lane in sorted(desk.granted)]
    assert 0.07 * len(lanes) <= lanes.count(BULK) <= 0.25 * len(lanes)


def test_bulk_leaves_more_room_while_someone_is_there(desk: Desk) -> None:
    desk.bucket.present(desk.firm_id)
    desk.work(2 * MINUTE, BULK)
    assert 0.95 * 0.88 * 50 * 2 <= len(desk.granted) <= 0.88 * 50 * 2 + 2


def test_a_pause_stops_every_lane(desk: Desk) -> None:
    desk.ask(BULK)
    desk.bucket.throttled(desk.connection_id, calls_per_minute=50, seconds=0.8)
    for lane in (BUTTON, AUTOMATIC, BULK):
        assert 0.5 < desk.ask(lane) <= 0.8
    time.sleep(0.85)
    assert desk.ask(BUTTON) == 0


def test_a_shorter_pause_does_not_end_a_longer_one(desk: Desk) -> None:
    desk.bucket.throttled(desk.connection_id, calls_per_minute=50, seconds=1.5)
    desk.bucket.throttled(desk.connection_id, calls_per_minute=50, seconds=0.1)
    assert desk.ask() > 1.0


def test_a_forgotten_bucket_asks_for_the_row_and_obeys_it(desk: Desk, link: redis.Redis) -> None:
    desk.known = None
    decision = desk.bucket.acquire(desk.connection_id, desk.firm_id, lane=BUTTON, calls_per_minute=50)
    assert decision.cold
    desk.known = Known(paused_until=time.time() + 1.0, learned_rate=20.0)
    assert 0.5 < desk.ask(BUTTON) <= 1.1


def test_the_pause_of_the_callers_row_counts_too(desk: Desk) -> None:
    desk.ask()
    assert 0.5 < desk.ask(paused_until=time.time() + 1.0) <= 1.1


def test_a_refusal_teaches_a_lower_pace_that_recovers(link: redis.Redis) -> None:
    desk = Desk(link, minute=1.0)
    desk.work(1.0, BULK)
    learned = desk.bucket.throttled(desk.connection_id, calls_per_minute=50, seconds=0.1)
    assert 0.7 * 48 <= learned <= 0.8 * 50
    time.sleep(1.2)
    desk.granted.clear()
    desk.work(1.0, BULK)
    assert len(desk.granted) <= learned + 3
    desk.work(3.0, BULK)  # busy minutes without a refusal: up again, yet below what was refused
    desk.granted.clear()
    desk.work(2.0, BULK)
    assert 2 * learned < len(desk.granted) <= 2 * 0.98 * 50 + 1


def test_answers_of_calls_under_way_teach_nothing_new(link: redis.Redis) -> None:
    desk = Desk(link, minute=1.0)
    desk.work(1.0, BULK)
    first = desk.bucket.throttled(desk.connection_id, calls_per_minute=50, seconds=2.0)
    time.sleep(1.1)
    assert desk.bucket.throttled(desk.connection_id, calls_per_minute=50, seconds=2.0) == first


def test_a_rival_that_eats_everything_does_not_stop_us_for_good(desk: Desk) -> None:
    desk.ask()
    assert desk.bucket.throttled(desk.connection_id, calls_per_minute=50, seconds=0.1) == pytest.approx(4.0)


def test_calls_made_while_the_server_was_away_are_counted(desk: Desk) -> None:
    desk.ask(unseen=30)
    assert desk.bucket.usage(desk.connection_id)[0] == 31
    desk.work(MINUTE, BULK)
    assert len(desk.granted) <= 50 - 30 + 2


def test_usage_shows_the_last_minute(desk: Desk) -> None:
    assert desk.bucket.usage(desk.connection_id) == (0, 0)
    desk.ask(BUTTON)
    desk.ask(BUTTON)
    assert desk.bucket.usage(desk.connection_id) == (2, 50)


@pytest.mark.parametrize("limit", [0, -1, 100_000])
def test_without_a_known_limit_only_a_pause_stops(link: redis.Redis, limit: int) -> None:
    desk = Desk(link, limit=limit, minute=60.0)
    desk.work(0.5, BUTTON)
    assert len(desk.granted) > 100
    desk.bucket.throttled(desk.connection_id, calls_per_minute=limit, seconds=5)
    assert desk.ask() > 4


def test_budgets_do_not_touch_each_other(link: redis.Redis) -> None:
    one, other = Desk(link), Desk(link)
    one.bucket.throttled(one.connection_id, calls_per_minute=50, seconds=5)
    assert one.ask() > 4
    assert other.ask() == 0


def test_a_decision_is_one_short_round_trip(link: redis.Redis) -> None:
    desk = Desk(link, limit=100_000, minute=60.0)
    timed: list[float] = []
    step: Callable[[], float] = time.perf_counter
    for _ in range(300):
        start = step()
        desk.ask(BUTTON)
        timed.append(step() - start)
    assert sorted(timed)[len(timed) // 2] < 0.005


def test_without_a_known_limit_a_refusal_teaches_the_calls_that_were_made(link: redis.Redis) -> None:
    desk = Desk(link, limit=100_000, minute=1.0)
    for _ in range(30):
        assert desk.ask(BULK) < 0.01
        time.sleep(0.001)
    made = len(desk.granted)
    learned = desk.bucket.throttled(desk.connection_id, calls_per_minute=100_000, seconds=0.1)
    assert learned == pytest.approx(0.8 * made)
    time.sleep(1.2)
    desk.granted.clear()
    desk.work(4.0, BULK, late=0.05)  # the pace goes up again, and not even by coming late above what was refused
    assert desk.most_in_window(1.0) <= made and len(desk.granted) >= 3 * learned


def test_a_refusal_of_the_first_calls_does_not_stop_a_connection_for_good(link: redis.Redis) -> None:
    desk = Desk(link, limit=100_000, minute=1.0)
    desk.ask(BULK)
    assert desk.bucket.throttled(desk.connection_id, calls_per_minute=100_000, seconds=0.1) == 4.0
