"""Fixtures shared by the whole suite: two firms, one person per role, a stranger, and `settle()`."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client as Browser

from casehug.common.work_runner import run_due
from casehug.firms.models import Firm, Role, User
from casehug.firms.services import add_member, create_firm

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Person:
    """A signed-in member: `browser` is a Django test client with the session."""

    user: User
    firm_id: uuid.UUID
    role: str
    browser: Browser


def make_firm(name: str = "Firm") -> Firm:
    """Create a firm with a unique slug."""
    return create_firm(name=name, slug=f"{name.lower()}-{secrets.token_hex(4)}", demo=False)


def make_person(firm: Firm, role: Role) -> Person:
    """Create a member and sign them in."""
    email = f"{role.value}-{secrets.token_hex(4)}@example.com"
    membership = add_member(firm_id=firm.id, email=email, name=role.label, role=role, password=PASSWORD)
    browser = Browser()
    browser.force_login(membership.user)
    return Person(membership.user, firm.id, role.value, browser)


@pytest.fixture
def firm(db: None) -> Firm:
    """The firm under test."""
    return make_firm("Rivera")


@pytest.fixture
def other_firm(db: None) -> Firm:
    """Another firm: nothing of it may ever be seen."""
    return make_firm("Northgate")


@pytest.fixture
def admin(firm: Firm) -> Person:
    """A firm admin."""
    return make_person(firm, Role.ADMIN)


@pytest.fixture
def attorney(firm: Firm) -> Person:
    """An attorney."""
    return make_person(firm, Role.ATTORNEY)


@pytest.fixture
def staff(firm: Firm) -> Person:
    """Intake staff."""
    return make_person(firm, Role.STAFF)


@pytest.fixture
def auditor(firm: Firm) -> Person:
    """A read-only auditor."""
    return make_person(firm, Role.AUDITOR)


@pytest.fixture
def stranger(other_firm: Firm) -> Person:
    """An admin of the other firm; every view and API test tries them."""
    return make_person(other_firm, Role.ADMIN)


@pytest.fixture
def settle() -> Callable[[uuid.UUID], int]:
    """Run a firm's due work in this process until none is due."""

    def run(firm_id: uuid.UUID) -> int:
        return run_due(firm_id=firm_id)

    return run
