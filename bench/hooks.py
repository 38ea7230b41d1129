"""Webhooks for measuring: connected firms with an endpoint, deliveries signed as the provider signs, both servers."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg

from bench.plain import TABLE
from bench.rival import SCHEMA
from bench.wire import Line, post
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.local import ports
from casehug.local.state import PROJECT
from harness.load import Taken, steady
from harness.offices import Office, make_office, wait_until
from harness.stack import Stack
from harness.standin import StandIn
from integrations.inbound import endpoints
from integrations.models import Connection, InboundEvent

SECRET = "whsec_measured_0001"
RUN = uuid.uuid4().hex[:12]


@dataclass(frozen=True)
class Door:
    """The endpoint of one firm."""

    office: Office
    path: str

    def delivery(self, number: int) -> bytes:
        """Return an authentic delivery that nobody sent before, as bytes on the wire."""
        event_id, stamp = f"evt_{RUN}_{number}", str(int(time.time()))
        event = {"event_id": event_id, "firm_id": self.office.account, "event_type": "invoice.paid",
                 "data": {"invoice_id": number, "matter_id": str(number), "amount": "120.00"}}  # fmt: skip
        body = json.dumps(event).encode()
        digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"X-Lawmatics-Signature": f"sha256={digest}", "X-Lawmatics-Timestamp": stamp,
                   "X-Lawmatics-Event-Id": event_id}  # fmt: skip
        return post(self.path, body, headers)

    def kept(self) -> int:
        """Return how many events of this firm are on disk."""
        with firm_scope(self.office.firm_id):
            return int(InboundEvent.objects.count())

    def waiting(self) -> int:
        """Return how many of them are not processed yet, with the rows of work that would disturb what comes next."""
        with firm_scope(self.office.firm_id):
            rows = WorkItem.objects.filter(kind="inbound_event", status__in=("ready", "running"))
            return int(InboundEvent.objects.filter(result="").count() + rows.count())


def make_doors(standin: StandIn, count: int) -> list[Door]:
    """Make firms whose connection has an endpoint with a secret."""
    doors = []
    for _ in range(count):
        office = make_office(standin, account=None)
        with firm_scope(office.firm_id):
            endpoint = endpoints.ensure_endpoint(Connection.objects.get())
            endpoints.save_secret(endpoint_id=endpoint.id, label="Measured", value=Secret(SECRET), actor_id=None)
            doors.append(Door(office, urlsplit(endpoints.address(endpoint, "lawmatics")).path))
    return doors


def start_web(stack: Stack) -> int:
    """Start the product's web server; return its port."""
    stack.start_web()
    stack.await_answer("web", f"{stack.base_url}/healthz")
    return urlsplit(stack.base_url).port or 0


def plain_command(port: int) -> list[str]:
    """Return the command line of the plain project: the same server, as many workers and threads."""
    return [
        sys.executable, "-m", "gunicorn", "bench.plain.wsgi:application", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "4", "--preload",
        "--no-control-socket",
    ]  # fmt: skip


def start_rival(stack: Stack) -> tuple[int, str] | None:
    """Start dj-stripe's receiver if `BENCH_DJSTRIPE_PYTHON` names a Python that has it; return port and path."""
    python, port, url = os.environ.get("BENCH_DJSTRIPE_PYTHON", ""), ports.free_port(), os.environ["DATABASE_OWNER_URL"]
    if not python:
        return None
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "BENCH_PLAIN_DATABASE": url}
    told = subprocess.run(
        [python, "-m", "bench.rival.prepare", SECRET], env=given, cwd=PROJECT, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    if told.returncode:
        raise RuntimeError(f"dj-stripe could not be set up:\n{told.stderr[-2000:]}")
    path = told.stdout.split()[-1]
    command = [python, *(part.replace("bench.plain", "bench.rival") for part in plain_command(port)[1:])]
    stack.spawn("rival", command, {"BENCH_PLAIN_DATABASE": url})
    sample = stripe_delivery(path, 0)
    wait_until(lambda: Line(port).send(sample) == 200, seconds=60, what=lambda: stack.log("rival"))
    return port, path


def stripe_delivery(path: str, number: int) -> bytes:
    """Return a delivery signed as Stripe signs, of about the size of ours."""
    event = {"id": f"evt_{RUN}_{number}", "object": "event", "type": "invoice.paid", "livemode": False,
             "api_version": "2024-06-20", "data": {"object": {"id": f"in_{number}", "object": "invoice"}}}  # fmt: skip
    body, stamp = json.dumps(event).encode(), str(int(time.time()))
    digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return post(path, body, {"Stripe-Signature": f"t={stamp},v1={digest}"})


def start_plain(stack: Stack) -> int:
    """Start the plain project on the same database server, in a table of its own; return its port."""
    port, url = ports.free_port(), os.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(TABLE)
    stack.spawn("plain", plain_command(port), {"BENCH_PLAIN_DATABASE": url})
    wait_until(lambda: Line(port).send(post("/bare", b"{}", {})) == 200, seconds=30, what=lambda: stack.log("plain"))
    return port


def paced(port: int, doors: list[Door], *, rate: float, seconds: float, first: int) -> Taken:
    """Send authentic deliveries at a steady rate, each timed from the moment it was due."""
    own = threading.local()

    def send(number: int) -> int:
        if not hasattr(own, "line"):
            own.line = Line(port)
        line: Line = own.line
        return line.send(doors[number % len(doors)].delivery(first + number))

    return steady(send, rate=rate, count=max(20, int(rate * seconds)), threads=12)


def rest(stack: Stack) -> None:
    """End relay and worker: what is taken in stays on disk, and nobody else uses the cores."""
    stack.stop_one("relay")
    stack.stop_one("worker")


def work_off(stack: Stack, doors: list[Door], *, seconds: float) -> int:
    """Start relay and worker again and wait; return how many events are left unprocessed."""
    stack.start_relay()
    since = len((stack.logs / "worker.log").read_bytes())
    stack.restart_worker()
    stack.await_worker(since)
    end = time.monotonic() + seconds
    while (left := sum(door.waiting() for door in doors)) and time.monotonic() < end:
        time.sleep(0.5)
    return left
