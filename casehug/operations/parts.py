"""The state of every part of the installation, each in one sentence. No client data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.db import connection

from casehug.celery import WORK_QUEUES
from casehug.common import canary, operator_log
from casehug.common.role_check import key_problems, role_problems
from casehug.common.wording import duration_words
from casehug.common.work import database_now
from casehug.operations.figures import Backlog, Disk, Outside, disks, own_version, pending_migrations

OK, ATTENTION, FAILED, UNKNOWN = "ok", "attention", "failed", "unknown"
WORST_FIRST = (FAILED, UNKNOWN, ATTENTION, OK)
LATE_SECONDS = {"sync": 60}
LATE_OTHERS = 300
GB = 10**9
BACKUP_HOURS, ISOLATION_DAYS = 26, 8
ROOM_LEFT = ((0.02, FAILED), (0.10, ATTENTION))


@dataclass(frozen=True)
class Part:
    """One part: `value` is its age or number for programs, None when it has none."""

    key: str
    label: str
    state: str
    words: str
    value: float | None = None


def parts(rows: list[Backlog], connections: list[Outside], *, paused: bool) -> list[Part]:
    """Return every part, what needs a look first; a part that cannot be looked at says so."""
    now = database_now()
    found = [Part("web", "Web", OK, f"This page was answered by version {own_version()}.")]
    found += _guarded("relay", "Relay", _relay)
    found += _canaries()
    found += _guarded("postgres", "PostgreSQL", _postgres)
    found += _guarded("broker", "Broker", _broker)
    found += [*_work(rows, paused=paused), _events(connections)]
    found += [_disk(disk) for disk in disks()]
    found += [_migrations(), _keys(), _backup(now), _isolation(now), _seals()]
    return sorted(found, key=lambda part: WORST_FIRST.index(part.state))


def worst(found: Iterable[Part]) -> str:
    """Return the worst state of all parts."""
    return min((part.state for part in found), key=WORST_FIRST.index)


def _guarded(key: str, label: str, look: Callable[[], Iterable[Part]]) -> list[Part]:
    try:
        return list(look())
    except (redis.RedisError, OSError) as error:
        return [Part(key, label, FAILED, f"It does not answer ({type(error).__name__}).")]


def _one(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def _relay() -> Iterable[Part]:
    number = _one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'casehug-relay'")
    words = "One is connected." if number == 1 else f"{number} are connected."
    yield Part("relay", "Relay", OK if number else FAILED, words if number else "None is connected: nothing is woken.",
               float(number))  # fmt: skip


def _canaries() -> Iterable[Part]:
    ages = canary.ages()
    names = [(canary.BEAT, "Beat"), *((queue, f"Queue {queue}") for queue in WORK_QUEUES)]
    names += [(f"canary.{node}", f"Worker {node}") for node in settings.WORKER_NODES]
    for key, label in names:
        age = ages.get(key)
        if age is None:
            yield Part(key, label, UNKNOWN, "No test item has come back yet.")
            continue
        words = f"The last test item came back {duration_words(age)} ago."
        yield Part(key, label, OK if age <= canary.LIMIT_SECONDS else FAILED, words, age)


def _postgres() -> Iterable[Part]:
    yield Part("postgres", "PostgreSQL", OK, f"Version {_one('SHOW server_version')}.")
    problems = role_problems()
    words = "The role owns nothing, bypasses nothing, and every firm table is walled."
    yield Part("rights", "Database rights", FAILED if problems else OK, "; ".join(problems) or words)


def _broker() -> Iterable[Part]:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
    found: Any = client.info("server")
    version = found.get("valkey_version") or found.get("redis_version", "unknown")
    yield Part("broker", "Broker", OK, f"Answers, version {version}.")


def _work(rows: list[Backlog], *, paused: bool) -> Iterable[Part]:
    oldest: dict[str, float] = {}
    for row in rows:
        if row.oldest_due is not None:
            oldest[row.queue] = max(row.oldest_due, oldest.get(row.queue, 0.0))
    late = {queue: age for queue, age in oldest.items() if age > LATE_SECONDS.get(queue, LATE_OTHERS)}
    age = max(oldest.values(), default=0.0)
    words = f"{duration_words(age)} old." if oldest else "Nothing is due."
    if late:
        words += " Late: " + ", ".join(f"{queue} ({duration_words(late[queue])})" for queue in sorted(late)) + "."
    if late and paused:
        words += " Outgoing traffic is paused."
    yield Part("oldest_due", "Oldest due work", ATTENTION if late else OK, words, age)
    for key, label, number, none in (
        ("reclaimed", "Taken over", sum(row.reclaimed for row in rows), "No worker was lost with work in hand."),
        ("given_up", "Given up", sum(row.given_up for row in rows), "Nothing was given up within a day."),
    ):
        some = f"{number} rows, see the firms below." if key == "given_up" else f"{number} rows lost their worker."
        yield Part(key, label, ATTENTION if number else OK, some if number else none, float(number))


def _events(connections: list[Outside]) -> Part:
    number = sum(each.events_waiting for each in connections)
    oldest = max((each.oldest_event or 0.0 for each in connections if not each.paused_in), default=0.0)
    words = f"{number} wait, the oldest for {duration_words(oldest)}." if number else "None waits."
    return Part("events", "Inbound events", ATTENTION if oldest > LATE_OTHERS else OK, words, float(number))


def _disk(disk: Disk) -> Part:
    share = disk.free / disk.total if disk.total else 0.0
    state = next((state for limit, state in ROOM_LEFT if share < limit), OK)
    words = f"{disk.free / GB:,.1f} of {disk.total / GB:,.0f} GB free."
    return Part(f"disk_{disk.key}", f"Disk: {disk.label.lower()}", state, words, float(disk.free))


def _migrations() -> Part:
    waiting = pending_migrations()
    words = f"{len(waiting)} wait: {', '.join(waiting[:5])}. Run manage.py migrate." if waiting else "All are applied."
    return Part("migrations", "Migrations", FAILED if waiting else OK, words, float(len(waiting)))


def _keys() -> Part:
    problems = key_problems()
    return Part("keys", "Keys", FAILED if problems else OK, "; ".join(problems) or "Every key in use is configured.")


def _backup(now: datetime) -> Part:
    entry = operator_log.last(operator_log.BACKUP)
    if entry is None:
        words = "None was reported. Let your backup end with manage.py backup_done."
        return Part("backup", "Backup", ATTENTION, words)
    age = operator_log.age_seconds(entry.created_at, now)
    state = OK if age < BACKUP_HOURS * 3600 else ATTENTION
    return Part("backup", "Backup", state, f"The last one was reported {duration_words(age)} ago.", age)


def _isolation(now: datetime) -> Part:
    entry = operator_log.last(operator_log.ISOLATION)
    if entry is None:
        return Part("isolation", "Isolation of firms", ATTENTION, "Not checked yet.")
    age = operator_log.age_seconds(entry.created_at, now)
    words = f"Checked {duration_words(age)} ago over {entry.details.get('tables', 0)} tables"
    if not entry.details.get("ok"):
        return Part("isolation", "Isolation of firms", FAILED, f"{words}: firms are not separated.", age)
    state = OK if age < ISOLATION_DAYS * 86400 else ATTENTION
    return Part("isolation", "Isolation of firms", state, f"{words}: they stand.", age)


def _seals() -> Part:
    broken = operator_log.broken_seals()
    words = f"Broken: {', '.join(broken[:3])}." if broken else "None is known to be broken; each is checked every day."
    return Part("seals", "Audit seals", FAILED if broken else OK, words, float(len(broken)))
