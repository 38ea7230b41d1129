"""A firm with a receiver that listens on loopback."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db.models import F
from pytest_django import Settings

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.firms.models import Firm
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.outbound import services
from integrations.outbound.addresses import parse_target
from tests.integrations.outbound.listener import Listener


@pytest.fixture
def listener(settings: Settings) -> Iterator[Listener]:
    """A listener this run may reach."""
    made = Listener()
    settings.OUTBOUND_LOCAL_TARGETS = [made.place]
    yield made
    made.close()


@pytest.fixture
def outside(db: None) -> Iterator[None]:
    """Allow real HTTP although the test itself runs in a transaction that is rolled back."""
    database.allow_http_in_atomic = True  # type: ignore[attr-defined]
    yield
    database.allow_http_in_atomic = False  # type: ignore[attr-defined]


class Post:
    """The way out of one firm: add receivers, make things happen, run what is due, let time pass."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm

    def receiver(self, url: str, *, events: tuple[str, ...] = ("*",), **more: Any) -> WebhookEndpoint:
        with firm_scope(self.firm.id):
            made, secret = services.subscribe(target=parse_target(url), events=events, **more)
        made.secret = secret
        return made

    def matter(self, title: str = "Quill — divorce", **more: Any) -> Matter:
        with firm_scope(self.firm.id):
            case_type = CaseType.objects.get(key="divorce_standard")
            person = create_client(first_name="Maya", last_name="Quill", email="maya@example.com", notes="Zq7Heron")
            return create_matter(
                title=title, case_type_id=case_type.id, client_id=person.id, description="Zq7Heron", **more
            )

    def items(self) -> list[WorkItem]:
        with firm_scope(self.firm.id):
            return list(WorkItem.objects.filter(kind="deliver_webhook").order_by("created_at", "id"))

    def run(self) -> list[str]:
        """Run every delivery that is due now, once."""
        due = [item for item in self.items() if item.status == "ready"]
        return [run_item(item.id, self.firm.id) for item in due]

    def deliveries(self, **wanted: Any) -> list[WebhookDelivery]:
        with firm_scope(self.firm.id):
            return list(WebhookDelivery.objects.filter(**wanted).order_by("created_at", "id"))

    def pass_time(self, seconds: float) -> None:
        """Let the clock run: everything that is noted lies further back, everything due is nearer."""
        by = timedelta(seconds=seconds)
        with firm_scope(self.firm.id):
            WorkItem.objects.filter(status="ready").update(next_attempt_at=F("next_attempt_at") - by)
            WebhookDelivery.objects.update(next_attempt_at=F("next_attempt_at") - by, created_at=F("created_at") - by)
            WebhookEndpoint.objects.update(
                failing_since=F("failing_since") - by, warned_at=F("warned_at") - by, off_at=F("off_at") - by
            )

    def endpoint(self, made: WebhookEndpoint) -> WebhookEndpoint:
        with firm_scope(self.firm.id):
            found: WebhookEndpoint = WebhookEndpoint.objects.get(id=made.id)
            return found


@pytest.fixture
def post(firm: Firm, outside: None) -> Post:
    return Post(firm)


@pytest.fixture
def firm_id(firm: Firm) -> uuid.UUID:
    return firm.id


Run = Callable[[], list[str]]
