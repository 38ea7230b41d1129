"""Fixtures of the referral tests: an exchange that takes everything, a case type map, an invitation."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from casehug.common import slots
from casehug.common.actor import actor_context
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.outbox.models import OutboxEvent
from casehug.referrals.choices import Choices, save_choices
from casehug.referrals.facts import CaseFacts, InvitationFacts
from casehug.referrals.models import Invitation
from casehug.referrals.services.cases import receive_case
from casehug.referrals.services.invitations import receive_invitation
from tests.conftest import Person

WORD = "Motor Vehicle Accident"
SETTINGS = Choices(vocabulary=(WORD, "Dog Bite Injuries"), case_types={WORD: "divorce_standard"})


def exchange() -> dict[str, Any]:
    """Fill the slot `referral_exchange` as a connected one does."""
    return {"key": "exchange", "name": "Example Exchange", "connected": True, "url": "/settings/"}


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    """Keep files of a test in its own folder."""
    settings.CASEHUG_MEDIA_DIR = str(tmp_path / "uploads")


@pytest.fixture
def connected(settings: Settings) -> Iterator[None]:
    """An exchange is connected."""
    settings.SLOTS = {**settings.SLOTS, "referral_exchange": ["tests.casehug.referrals.conftest.exchange"]}
    slots._fillers.cache_clear()
    yield
    slots._fillers.cache_clear()


@pytest.fixture
def scope(firm: Firm, attorney: Person) -> Iterator[uuid.UUID]:
    """Stand inside the firm's scope as its attorney."""
    with firm_scope(firm.id), actor_context(user_id=attorney.user.id, source="web"):
        save_choices(SETTINGS)
        yield firm.id


def case_facts(**more: Any) -> CaseFacts:
    values = {"first_name": "Ada", "last_name": "Quill", "email": "ada@example.com", "phone": "(212) 555-0142"}
    return CaseFacts(**{**values, "case_type": WORD, "place": "NY", "summary": "Rear-ended.", **more})


def invite(*, received: datetime | None = None, hours: float = 48, **more: Any) -> Invitation:
    """Take in a case and an invitation to it. Inside a firm scope."""
    came = received or timezone.now()
    referral = receive_case(facts=case_facts(**more), origin="connection:x")
    facts = InvitationFacts(received_at=came, expires_at=came + timedelta(hours=hours))
    return receive_invitation(referral_id=referral.id, facts=facts)


@pytest.fixture
def invitation(scope: uuid.UUID) -> Invitation:
    """An invitation that came just now and lives for 48 hours."""
    return invite()


@pytest.fixture
def published() -> Callable[[], list[str]]:
    """Return the types of the referral events published so far, in order."""

    def types() -> list[str]:
        rows = OutboxEvent.objects.filter(type__startswith="referral.").order_by("created_at", "id")
        return list(rows.values_list("type", flat=True))

    return types
