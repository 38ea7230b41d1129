"""A connected firm with a webhook endpoint, and a hand that signs as Lawmatics does."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client as Browser
from pytest_django import Settings

from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.common.work_runner import run_due
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from integrations.inbound import endpoints
from integrations.models import CatalogueItem, Connection, ExternalLink, InboundEvent, QuarantinedEvent
from tests.conftest import make_firm
from tests.integrations.sync.office import ACCOUNT, Twin, connect

SECRET = "whsec_test_0001"


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Sign as the sender does (written here anew, not with the product's code)."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


@dataclass
class Hook:
    """One firm's endpoint: what arrives there, and what became of it."""

    firm_id: uuid.UUID
    connection_id: uuid.UUID
    endpoint_id: uuid.UUID
    path: str
    twin: Twin | None = None

    def post(self, body: bytes, headers: dict[str, str] | None = None, **more: Any) -> HttpResponse:
        """Send raw bytes with these headers."""
        answer: Any = Browser().post(
            more.pop("path", self.path), body, content_type=more.pop("content_type", "application/json"),
            headers=headers or {}, **more,
        )  # fmt: skip
        return answer  # type: ignore[no-any-return]

    def signed(self, body: bytes, *, secret: str = SECRET, age: float = 0, event_id: str = "") -> dict[str, str]:
        """Return the headers of an authentic delivery."""
        stamp = str(int(time.time() - age))
        found = {"X-Lawmatics-Signature": signature(secret, stamp, body), "X-Lawmatics-Timestamp": stamp}
        return found | ({"X-Lawmatics-Event-Id": event_id} if event_id else {})

    def send(self, event_type: str, *, event_id: str = "", secret: str = SECRET, age: float = 0, **data: Any) -> int:
        """Send one authentic event; returns the answer's code."""
        event_id = event_id or f"evt_{uuid.uuid4()}"
        event = {"event_id": event_id, "firm_id": ACCOUNT, "event_type": event_type, "data": data}
        body = json.dumps(event).encode()
        return int(self.post(body, self.signed(body, secret=secret, age=age, event_id=event_id)).status_code)

    def secret(self, value: str = SECRET, label: str = "Stages") -> None:
        """Store a secret."""
        with firm_scope(self.firm_id):
            endpoints.save_secret(endpoint_id=self.endpoint_id, label=label, value=Secret(value), actor_id=None)

    def work(self) -> int:
        """Run due work."""
        return run_due(firm_id=self.firm_id)

    def events(self) -> list[InboundEvent]:
        """Read the events, oldest first."""
        with firm_scope(self.firm_id):
            return list(InboundEvent.objects.order_by("received_at", "id"))

    def results(self) -> list[str]:
        """Read the results, oldest first."""
        return [event.result for event in self.events()]

    def quarantined(self) -> list[QuarantinedEvent]:
        """Read the quarantine."""
        with firm_scope(self.firm_id):
            return list(QuarantinedEvent.objects.order_by("id"))

    def matter(self, external_id: str, *, status: str = "pending") -> uuid.UUID:
        """Make a matter that is linked to a remote one."""
        with firm_scope(self.firm_id):
            person = create_client(first_name="Jordan", last_name="Vale", email="jordan@example.com")
            case_type = CaseType.objects.filter(practice_area="family_law").first()
            assert case_type is not None
            made = create_matter(title="Vale divorce", case_type_id=case_type.id, client_id=person.id)
            Matter.objects.filter(id=made.id).update(status=status)
            row = Connection.objects.get(id=self.connection_id)
            for kind, local, remote in (("matter", made.id, external_id), ("contact", person.id, f"9{external_id}")):
                ExternalLink.objects.create(
                    connection=row, remote_firm=row.remote_firm, local_type=kind, local_id=local, external_id=remote
                )
            return uuid.UUID(str(made.id))

    def status(self, matter_id: uuid.UUID) -> str:
        """Read a matter's status."""
        with firm_scope(self.firm_id):
            return str(Matter.objects.get(id=matter_id).status)

    def stage(self, name: str) -> str:
        """Return the id of a stage of the account."""
        with firm_scope(self.firm_id):
            return str(CatalogueItem.objects.filter(kind="stage", name=name).values_list("external_id", flat=True)[0])


def make_hook(connection_id: uuid.UUID, firm_id: uuid.UUID, twin: Twin | None = None) -> Hook:
    """Return the endpoint of a connection."""
    with firm_scope(firm_id):
        row = Connection.objects.get(id=connection_id)
        endpoint = endpoints.ensure_endpoint(row)
        path = "/" + endpoints.address(endpoint, "lawmatics").split("/", 3)[3]
    return Hook(firm_id, connection_id, endpoint.id, path, twin)


@pytest.fixture
def hook(db: None) -> Hook:
    """A firm whose connection is connected in name only: nothing is read there."""
    firm = make_firm("Harbor")
    with firm_scope(firm.id):
        row = Connection.objects.create(
            provider="lawmatics", state=Connection.State.CONNECTED, remote_firm=str(ACCOUNT),
            links_account=str(ACCOUNT), calls_per_minute=100_000,
        )  # fmt: skip
    return make_hook(row.id, firm.id)


@pytest.fixture(scope="session")
def inbound_twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """One stand-in for the session."""
    folder: Path = tmp_path_factory.mktemp("inbound-twin")
    running = Twin(folder)
    yield running
    running.stop()


@pytest.fixture
def live(db: None, inbound_twin: Twin, settings: Settings) -> Iterator[Callable[[], Hook]]:
    """Make firms connected to the stand-in."""
    inbound_twin.control("POST", "reset")
    inbound_twin.switch(rate_limit="off")
    settings.LAWMATICS_API_URL = inbound_twin.url
    database.allow_http_in_atomic = True  # type: ignore[attr-defined]

    def make() -> Hook:
        firm = make_firm("Harbor")
        return make_hook(connect(firm.id, inbound_twin), firm.id, inbound_twin)

    yield make
    database.allow_http_in_atomic = False  # type: ignore[attr-defined]
