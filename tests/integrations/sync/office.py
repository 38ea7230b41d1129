"""A connected firm for the engine tests: the stand-in as its own process, and shorthands for what tests do."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.intake.models import Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from integrations.mappings.services import prepare_account
from integrations.models import Connection, ExternalLink, SyncLog
from integrations.sync.services import request_sync

ROOT = Path(__file__).resolve().parents[3]
ACCOUNT, OTHER_ACCOUNT = 8101, 8102


class Twin:
    """The stand-in as its own process: faults and switches go in, the ledger comes out."""

    def __init__(self, folder: Path) -> None:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "LAWMATICS_"))}
        command = [sys.executable, "-m", "sandbox.lawmatics", "--port", "0", "--store", str(folder / "twin.sqlite3")]
        self.process = subprocess.Popen(command, cwd=ROOT, env=clean, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", self.process.stdout.readline())
        assert found, "the stand-in did not start"
        self.url = found[0]

    def control(self, verb: str, route: str, **body: Any) -> Any:
        """A control call that must succeed."""
        answer = requests.request(verb, f"{self.url}/control/{route}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, kind: str, path: str, method: str = "POST", **more: Any) -> None:
        """Queue one fault for a path such as `/v1/contacts`."""
        self.control("POST", "faults", kind=kind, method=method, path=path, **more)

    def switch(self, **values: Any) -> None:
        """Turn switches."""
        self.control("PATCH", "switches", **values)

    def made(self) -> tuple[int, int, int]:
        """Contacts, matters and notes created over the API since the reset."""
        ledger = self.control("GET", "ledger")
        return tuple(ledger[kind]["total"] for kind in ("contacts", "prospects", "notes"))  # type: ignore[return-value]

    def calls(self) -> dict[str, int]:
        """API calls per route since the reset."""
        return {route: count for route, count in self.control("GET", "ledger")["calls"].items() if "/v1/" in route}

    def records(self, kind: str) -> int:
        """Records that stand there now, whoever made them."""
        return int(self.control("GET", "state")["totals"].get(kind, 0))

    def stop(self) -> None:
        """End the process."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()


@dataclass
class Office:
    """A connected firm with shorthands for what a test does to it."""

    firm_id: uuid.UUID
    connection_id: uuid.UUID
    twin: Twin
    case_type_id: uuid.UUID
    seen: list[str] = field(default_factory=list)

    def client(self, email: str = "jordan@example.com", first: str = "Jordan", last: str = "Vale") -> uuid.UUID:
        """Make an invented client."""
        with firm_scope(self.firm_id):
            made = create_client(first_name=first, last_name=last, email=email, phone="+1 202 555 0143")
            return uuid.UUID(str(made.id))

    def matter(self, client_id: uuid.UUID | None, *, title: str = "Vale divorce", complete: bool = True) -> uuid.UUID:
        """Make a matter, by default with a completed intake."""
        with firm_scope(self.firm_id):
            made = create_matter(title=title, case_type_id=self.case_type_id, client_id=client_id)
            if complete:
                Matter.objects.filter(id=made.id).update(intake_completed_at=made.created_at)
            return uuid.UUID(str(made.id))

    def connection(self) -> Connection:
        """Read the connection."""
        with firm_scope(self.firm_id):
            row: Connection = Connection.objects.get(id=self.connection_id)
            return row

    def change_connection(self, **values: Any) -> None:
        """Write columns of the connection."""
        with firm_scope(self.firm_id):
            Connection.objects.filter(id=self.connection_id).update(**values)

    def press(self, matter_id: uuid.UUID) -> uuid.UUID:
        """Press “Sync to Lawmatics”; returns the row's id."""
        with firm_scope(self.firm_id):
            return uuid.UUID(str(request_sync(matter_id=matter_id).id))

    def sync(self, matter_id: uuid.UUID, *, seconds: float = 20) -> WorkItem:
        """Press the button and run due work until the row ends or waits for a person."""
        return self.run(self.press(matter_id), seconds=seconds)

    def run(self, item_id: uuid.UUID, *, seconds: float = 20) -> WorkItem:
        """Run due work of the firm until this row is final or held for a person."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()
            row = self.row(item_id)
            if row.status in ("done", "dead", "cancelled") or (row.status == "held" and row.hold_reason != "checking"):
                return row
            time.sleep(0.02)
        raise AssertionError(f"row stays {row.status} {row.hold_reason} {row.last_error_text}")

    def turn(self) -> int:
        """Run everything that is due now once, except the sweeps of later."""
        with firm_scope(self.firm_id):
            due = WorkItem.objects.filter(status="ready").exclude(kind="late_sweep").order_by("lane", "next_attempt_at")
            ids = list(due.values_list("id", flat=True))
        return sum(run_item(item_id, self.firm_id) != "skipped" for item_id in ids)

    def sweep(self) -> None:
        """Run the late sweeps now, whatever the time."""
        with firm_scope(self.firm_id):
            rows = WorkItem.objects.filter(kind="late_sweep", status="ready")
            rows.update(next_attempt_at="2020-01-01T00:00:00Z")
            ids = list(rows.values_list("id", flat=True))
        for item_id in ids:
            run_item(item_id, self.firm_id)

    def row(self, item_id: uuid.UUID) -> WorkItem:
        """Read a work row."""
        with firm_scope(self.firm_id):
            row: WorkItem = WorkItem.objects.get(id=item_id)
            return row

    def links(self) -> dict[str, list[ExternalLink]]:
        """Read the links by local type."""
        with firm_scope(self.firm_id):
            found: dict[str, list[ExternalLink]] = {}
            for link in ExternalLink.objects.order_by("created_at"):
                found.setdefault(link.local_type, []).append(link)
            return found

    def log(self) -> list[tuple[str, str]]:
        """Read action and status of the operation log, oldest first."""
        with firm_scope(self.firm_id):
            return list(SyncLog.objects.order_by("created_at", "id").values_list("action", "status"))


def connect(firm_id: uuid.UUID, twin: Twin, *, account: int = ACCOUNT) -> uuid.UUID:
    """Give a firm a connected connection with a real token of the stand-in, and read its catalogue."""
    token = twin.control("POST", f"accounts/{account}/token")["access_token"]
    with firm_scope(firm_id):
        connection = Connection(
            provider="lawmatics", state=Connection.State.CONNECTED, remote_firm=str(account),
            links_account=str(account), calls_per_minute=100_000,
        )  # fmt: skip
        connection.seal_token("access_token", token)
        connection.save(force_insert=True)
    prepare_account(connection=connection, lane=0)
    return uuid.UUID(str(connection.id))
