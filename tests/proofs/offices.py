"""Connected firms for the proofs, and the stand-in's control side: effects are counted there, never in our tables."""

import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import requests

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from integrations.mappings.services import prepare_account
from integrations.models import Connection
from integrations.sync.services import request_sync
from tests.conftest import make_firm

ACCOUNT = 8101
FINAL = ("done", "dead", "cancelled")


class StandIn:
    """The stand-in's control side."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, verb: str, route: str, **body: Any) -> Any:
        """Make a control call that must succeed."""
        answer = requests.request(verb, f"{self.url}/control/{route}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def reset(self, **switches: Any) -> None:
        """Empty it; no limit unless asked for, and a repeated POST makes a second record."""
        self.control("POST", "reset")
        self.control("PATCH", "switches", **{"rate_limit": "off", "contact_create": "duplicate", **switches})

    def ledger(self) -> dict[str, Any]:
        """Return what really happened there."""
        found: dict[str, Any] = self.control("GET", "ledger")
        return found


@dataclass(frozen=True)
class Count:
    """What the ledger says about n matters: doubled effects, missing effects."""

    contacts: int
    matters: int
    notes: int
    doubled: int
    lost: int


def count(standin: StandIn, *, contacts: int, matters: int, notes: int | None = None) -> Count:
    """Compare the ledger with what was ordered."""
    ledger = standin.ledger()
    per_marker = [*ledger["prospects"]["by_marker"].values(), *ledger["notes"]["by_marker"].values()]
    made = (ledger["contacts"]["total"], ledger["prospects"]["total"], ledger["notes"]["total"])
    wanted = (contacts, matters, matters if notes is None else notes)
    doubled = sum(n - 1 for n in per_marker if n > 1) + max(0, made[0] - wanted[0])
    lost = sum(max(0, want - have) for want, have in zip(wanted, made, strict=True))
    return Count(*made, doubled, lost)


@dataclass(frozen=True)
class Office:
    """A connected firm."""

    firm_id: uuid.UUID
    connection_id: uuid.UUID
    case_type_id: uuid.UUID

    def matter(self, *, email: str, title: str, first: str = "Jordan", last: str = "Vale") -> uuid.UUID:
        """Make a client and a matter whose intake is complete."""
        with firm_scope(self.firm_id):
            person = create_client(first_name=first, last_name=last, email=email, phone="(202) 555-0143")
            matter = create_matter(title=title, case_type_id=self.case_type_id, client_id=person.id)
            Matter.objects.filter(id=matter.id).update(intake_completed_at=matter.created_at)
            return uuid.UUID(str(matter.id))

    def press(self, matter_id: uuid.UUID, *, parallel: bool = False) -> uuid.UUID:
        """Press “Sync to Lawmatics”. `parallel` lifts the one-writer rule for this row (to test what lies below it)."""
        with firm_scope(self.firm_id):
            item = request_sync(matter_id=matter_id)
            if parallel:
                WorkItem.objects.filter(id=item.id).update(writes=False)
            return uuid.UUID(str(item.id))

    def row(self, item_id: uuid.UUID) -> WorkItem:
        """Read a work row."""
        with firm_scope(self.firm_id):
            found: WorkItem = WorkItem.objects.get(id=item_id)
        return found


def make_office(standin: StandIn, *, profile: dict[str, Any] | None = None) -> Office:
    """Make a firm connected to the stand-in with a real token and its catalogue read."""
    firm = make_firm("Proof")
    token = standin.control("POST", f"accounts/{ACCOUNT}/token")["access_token"]
    with firm_scope(firm.id):
        connection = Connection(
            provider="lawmatics", state=Connection.State.CONNECTED,
            remote_firm=str(ACCOUNT), links_account=str(ACCOUNT),
            calls_per_minute=100_000, profile=profile or {},
        )  # fmt: skip
        connection.seal_token("access_token", token)
        connection.save(force_insert=True)
        case_type = CaseType.objects.filter(practice_area="family_law").first()
    prepare_account(connection=connection, lane=0)
    return Office(firm.id, connection.id, case_type.id)


def wait_until(finished: Callable[[], bool], *, seconds: float, what: Callable[[], str] = lambda: "") -> None:
    """Wait for a condition; fail with `what()` when it does not come."""
    end = time.monotonic() + seconds
    while not finished():
        assert time.monotonic() < end, what()
        time.sleep(0.05)


def await_rows(rows: Iterable[tuple[Office, uuid.UUID]], *, seconds: float) -> list[str]:
    """Wait until every row is final; return the distinct final states."""
    pending = list(rows)

    def status() -> list[WorkItem]:
        return [office.row(item_id) for office, item_id in pending]

    def words() -> str:
        return "; ".join(
            f"{r.status} {r.hold_reason} {r.step} {r.last_error_text}" for r in status() if r.status not in FINAL
        )

    wait_until(lambda: all(row.status in FINAL for row in status()), seconds=seconds, what=words)
    return sorted({f"{row.status}{' ' + row.last_error_code if row.last_error_code else ''}" for row in status()})
