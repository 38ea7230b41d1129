"""A firm and its people at the stand-in, for tests of connections, pages and routes, over real HTTP."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client as Browser
from pytest_django import Settings

from casehug.common.scope import firm_scope
from casehug.firms.models import Role
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from integrations.models import Connection
from tests.conftest import Person, make_firm, make_person
from tests.integrations.sync.office import Twin

CONNECT = "/api/v1/integrations/lawmatics/connect"
CALLBACK = "/api/v1/integrations/lawmatics/callback"
PAGE = "/settings/integrations/lawmatics/"


@pytest.fixture(scope="session")
def desk_twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """One stand-in for the session."""
    folder: Path = tmp_path_factory.mktemp("desk-twin")
    running = Twin(folder)
    yield running
    running.stop()


@pytest.fixture
def twin(desk_twin: Twin, settings: Settings) -> Twin:
    """The stand-in, empty; the product's settings point at it."""
    desk_twin.control("POST", "reset")
    desk_twin.switch(rate_limit="off", auto_approve="allow")
    point_at(settings, desk_twin.url)
    return desk_twin


def point_at(settings: Settings, url: str) -> None:
    """Let the product's Lawmatics settings lead to an address."""
    settings.LAWMATICS_AUTHORIZE_URL = f"{url}/oauth/authorize"
    settings.LAWMATICS_TOKEN_URL = f"{url}/oauth/token"
    settings.LAWMATICS_API_URL = url
    settings.LAWMATICS_WEB_URL = f"{url}/crm"
    settings.LAWMATICS_CLIENT_ID, settings.LAWMATICS_CLIENT_SECRET = "standin-client", "standin-secret"
    settings.LAWMATICS_REDIRECT_URI = ""


@pytest.fixture
def outside(db: None) -> Iterator[None]:
    """Allow real HTTP although the test itself runs in a transaction that is rolled back."""
    database.allow_http_in_atomic = True  # type: ignore[attr-defined]
    yield
    database.allow_http_in_atomic = False  # type: ignore[attr-defined]


@dataclass
class Desk:
    """One firm with a person per role, and shorthands for what they do."""

    firm_id: uuid.UUID
    people: dict[str, Person]
    twin: Twin

    @property
    def admin(self) -> Browser:
        """The admin's browser."""
        return self.people["admin"].browser

    def start(self, browser: Browser | None = None) -> str:
        """Press “Connect”; return the consent page's address."""
        answer = (browser or self.admin).get(CONNECT)
        assert answer.status_code == 302, answer.content[:500]
        return str(answer.headers["Location"])

    def consent(self, address: str, account: int = 8101) -> dict[str, str]:
        """Allow at the stand-in; return the parameters of the way back."""
        answer = requests.get(f"{address}&account={account}", allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    def back(self, query: dict[str, str], browser: Browser | None = None) -> HttpResponse:
        """Come back to the callback with these parameters."""
        answer: Any = (browser or self.admin).get(CALLBACK, query)
        return answer  # type: ignore[no-any-return]

    def connect(self, account: int = 8101) -> HttpResponse:
        """The whole way: button, consent, callback."""
        return self.back(self.consent(self.start(), account))

    def connection(self) -> Connection | None:
        """Read the connection."""
        with firm_scope(self.firm_id):
            found: Connection | None = Connection.objects.filter(provider="lawmatics").first()
            return found

    def must(self) -> Connection:
        """Read the connection that has to be there."""
        found = self.connection()
        assert found is not None
        return found

    def change(self, **values: Any) -> None:
        """Write columns of the connection."""
        with firm_scope(self.firm_id):
            Connection.objects.filter(provider="lawmatics").update(**values)

    def matter(self, *, title: str = "Vale divorce", client: bool = True, complete: bool = True) -> uuid.UUID:
        """Make a matter of an invented client."""
        with firm_scope(self.firm_id):
            person = (
                create_client(first_name="Jordan", last_name="Vale", email="jordan@example.com") if client else None
            )
            case_type = CaseType.objects.filter(practice_area="family_law").first()
            assert case_type is not None
            made = create_matter(title=title, case_type_id=case_type.id, client_id=person.id if person else None)
            if complete:
                Matter.objects.filter(id=made.id).update(intake_completed_at=made.created_at)
            return uuid.UUID(str(made.id))


def make_desk(twin: Twin, name: str = "Harbor") -> Desk:
    """Make a firm with one person per role."""
    firm = make_firm(name)
    with firm_scope(firm.id):
        # A disconnected row whose budget does not slow the tests down.
        Connection.objects.create(provider="lawmatics", calls_per_minute=100_000)
    return Desk(firm.id, {role.value: make_person(firm, role) for role in Role}, twin)


@pytest.fixture
def desk(outside: None, twin: Twin) -> Desk:
    """A firm that is not connected yet."""
    return make_desk(twin)


@pytest.fixture
def connected(desk: Desk) -> Desk:
    """A connected firm."""
    answer = desk.connect()
    assert answer.status_code == 302, answer.content[:2000]
    return desk
