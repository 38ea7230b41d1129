"""`/metrics`: the figures in Prometheus' text format, for a bearer token. Firms appear as ids only."""

import hmac
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from casehug.common import operator_log, standstill
from casehug.common.work import database_now
from casehug.operations import figures
from casehug.operations.figures import Backlog, Outside
from casehug.operations.parts import ATTENTION, FAILED, OK, UNKNOWN, Part, parts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NUMBERS = {OK: 0, ATTENTION: 1, FAILED: 2, UNKNOWN: 3}
Sample = tuple[dict[str, str], float]


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the figures; 404 while no token is configured, 401 for a wrong one."""
    token = settings.METRICS_TOKEN
    if not token:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return HttpResponse("A bearer token is needed.\n", status=401, content_type="text/plain",
                            headers={"WWW-Authenticate": "Bearer"})  # fmt: skip
    return HttpResponse(render(), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def render() -> str:
    """Return all figures."""
    rows, connections, since = figures.backlog(), figures.outside(), standstill.paused_since()
    found = parts(rows, connections, paused=since is not None)
    return "".join(
        [
            family("build_info", "Version that runs.", [({"version": figures.own_version()}, 1)]),
            family("outgoing_paused", "1 while everything outgoing is paused.", [({}, since is not None)]),
            family("part_state", "State of each part: 0 ok, 1 attention, 2 failed, 3 unknown.",
                   [({"part": part.key}, NUMBERS[part.state]) for part in found]),
            *_ages(found),
            *_work(rows),
            *_firms(rows, connections),
            family("disk_free_bytes", "Free space of the disk behind a folder.",
                   [({"place": disk.key}, disk.free) for disk in figures.disks()]),
            *_keys(),
        ]
    )  # fmt: skip


def family(name: str, words: str, samples: Iterable[Sample]) -> str:
    """Return one gauge with its samples; without samples nothing."""
    lines = [f"casehug_{name}{_labels(labels)} {float(value):.15g}\n" for labels, value in samples]
    return f"# HELP casehug_{name} {words}\n# TYPE casehug_{name} gauge\n{''.join(lines)}" if lines else ""


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    escaped = (
        (name, text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for name, text in labels.items()
    )
    return "{" + ",".join(f'{name}="{text}"' for name, text in escaped) + "}"


def _ages(found: Sequence[Part]) -> list[str]:
    known = {part.key: part.value for part in found if part.value is not None}
    queues = [part for part in found if part.label.startswith(("Queue ", "Worker ", "Beat")) and part.value is not None]
    single = (
        ("relays", "relay", "Relays that are connected."),
        ("pending_migrations", "migrations", "Migrations that this code has and the database has not."),
        ("oldest_due_seconds", "oldest_due", "Age of the oldest work that is due."),
        ("backup_age_seconds", "backup", "Since a backup was last reported."),
        ("isolation_check_age_seconds", "isolation", "Since the walls between firms were last checked."),
    )
    return [
        family("canary_age_seconds", "Since the last test item of a queue came back.",
               [({"queue": part.key}, part.value or 0.0) for part in queues]),
        *(family(name, words, [({}, known[key] or 0.0)]) for name, key, words in single if key in known),
    ]  # fmt: skip


def _work(rows: Sequence[Backlog]) -> list[str]:
    queues = sorted({row.queue for row in rows})
    counts = [
        ({"queue": queue, "status": status}, sum(getattr(row, status) for row in rows if row.queue == queue))
        for queue in queues
        for status in ("ready", "running", "held", "reclaimed", "given_up")
    ]
    oldest = [({"queue": q}, max((row.oldest_due or 0.0) for row in rows if row.queue == q)) for q in queues]
    return [
        family("work_rows", "Work rows by queue; given_up within a day, reclaimed from a lost worker.", counts),
        family("queue_oldest_due_seconds", "Age of the oldest work that is due, by queue.", oldest),
    ]


def _firms(rows: Sequence[Backlog], connections: Sequence[Outside]) -> list[str]:
    found = figures.firms(rows, connections)
    backlog: list[Sample] = [
        ({"firm": str(one.firm_id), "status": status}, getattr(one, status))
        for one in found
        for status in ("ready", "running", "held", "given_up")
    ]
    states: list[Sample] = [
        ({"firm": str(one.firm_id), "provider": one.provider, "state": one.state}, 1) for one in connections
    ]
    events: list[Sample] = [
        ({"firm": str(one.firm_id), "provider": one.provider}, one.events_waiting) for one in connections
    ]
    return [
        family("firm_work_rows", "Work rows by firm.", backlog),
        family("connection_state", "1 for the state that a connection is in.", states),
        family("inbound_events_waiting", "Events that came in and wait.", events),
    ]


def _keys() -> list[str]:
    now = database_now()
    aged: list[Sample] = [
        ({"key": key.kid, "active": str(key.active).lower()}, operator_log.age_seconds(key.since, now))
        for key in figures.keys()
        if key.since is not None
    ]
    return [family("key_age_seconds", "Age of a key-encryption key.", aged)]
