"""Who opens the operator's pages, how one becomes an operator, and that acts are confirmed, done once and noted."""

import io
import json
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from pytest_django import Settings

from casehug.common import operator_log, standstill
from casehug.common.models import OperatorEntry
from casehug.firms.models import User
from tests.conftest import PASSWORD, Person

PAGE, PAUSE = "/operations/", "/operations/pause/"


def make_operator(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("make_operator", "--json", *arguments, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.fixture
def operator(db: None) -> Browser:
    """A signed-in operator who belongs to no firm."""
    User.objects.create_user("operator@example.com", PASSWORD)
    assert make_operator("Operator@example.com") == {
        "email": "operator@example.com", "operator": True, "changed": True
    }  # fmt: skip
    browser = Browser()
    browser.post("/accounts/login/", {"login": "operator@example.com", "password": PASSWORD})
    return browser


def age_sign_in(browser: Browser, seconds: float = 3600) -> None:
    session = browser.session
    session["started_at"] = time.time() - seconds
    session["account_authentication_methods"] = []
    session.save()


def test_only_an_operator_gets_in(operator: Browser, admin: Person) -> None:
    assert operator.get(PAGE).status_code == 200
    assert operator.get("/operations/unknown/").status_code == operator.get("/operations/seal/").status_code == 404
    assert admin.browser.get(PAGE).status_code == admin.browser.get(PAUSE).status_code == 404
    assert admin.browser.post(PAUSE, {"typed": "pause"}).status_code == 404
    assert Browser().get(PAGE).headers["Location"].startswith("/accounts/login/")
    make_operator("operator@example.com", "--remove")
    assert operator.get(PAGE).status_code == 404
    assert standstill.paused_since() is None


def test_the_mark_is_set_by_the_command_only(operator: Browser) -> None:
    assert make_operator("new@example.com", "--new")["operator"] and not make_operator("new@example.com")["changed"]
    with pytest.raises(CommandError) as caught:
        make_operator("nobody@example.com")
    assert caught.value.returncode == 2
    noted = OperatorEntry.objects.filter(action=operator_log.OPERATOR).order_by("created_at")
    assert [one.details["person"] for one in noted] == ["operator@example.com", "new@example.com"]


def test_an_operator_without_a_firm_lands_on_the_page(operator: Browser, admin: Person) -> None:
    browser = Browser()
    answer = browser.post("/accounts/login/", {"login": "operator@example.com", "password": PASSWORD})
    assert answer.headers["Location"] == PAGE
    assert b"Operations" not in admin.browser.get("/").content
    User.objects.filter(pk=admin.user.pk).update(is_operator=True)
    assert PAGE.encode() in admin.browser.get("/").content


def test_production_asks_for_a_second_factor_and_a_fresh_sign_in(operator: Browser, settings: Settings) -> None:
    settings.OPERATOR_STRICT = True
    assert operator.get(PAGE).headers["Location"] == "/accounts/2fa/"
    user = User.objects.get(email="operator@example.com")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    assert operator.get(PAGE).status_code == 200
    age_sign_in(operator)
    for answer in (operator.get(PAGE), operator.post(PAUSE, {"typed": "pause"})):
        assert answer.status_code == 302 and "reauthenticate" in answer.headers["Location"]
    settings.OPERATOR_STRICT = False
    assert operator.get(PAGE).status_code == 200
    assert "reauthenticate" in operator.post(PAUSE, {"typed": "pause"}).headers["Location"]
    assert standstill.paused_since() is None


def test_a_pause_is_typed_done_once_noted_and_seen_by_every_firm(operator: Browser, admin: Person) -> None:
    words = b"has paused everything that is sent out"
    assert b"What happens" in operator.get(PAUSE).content and words not in admin.browser.get("/matters/").content
    assert operator.post(PAUSE, {"typed": "yes"}).status_code == 422 and standstill.paused_since() is None
    for _ in range(2):
        assert operator.post(PAUSE, {"typed": "pause", "idempotency_key": "k" * 32}).status_code == 302
    assert standstill.paused_since() is not None
    assert b"Everything outgoing is paused" in operator.get(PAGE).content
    assert words in admin.browser.get("/matters/").content
    operator.post("/operations/resume/")
    assert standstill.paused_since() is None and words not in admin.browser.get("/matters/").content
    found = OperatorEntry.objects.exclude(action=operator_log.OPERATOR).order_by("created_at")
    assert [(one.action, one.actor) for one in found] == [
        ("outgoing.paused", "operator@example.com"), ("outgoing.resumed", "operator@example.com")
    ]  # fmt: skip


def test_the_seal_of_a_firm_is_checked_without_showing_it(operator: Browser, admin: Person) -> None:
    assert str(admin.firm_id).encode() in operator.get("/operations/seal/", {"firm": str(admin.firm_id)}).content
    operator.post("/operations/seal/", {"firm": str(admin.firm_id)})
    entry = operator_log.last("seal.checked")
    assert entry is not None and entry.details == {"firm": str(admin.firm_id), "fault": ""}
    assert b"is unbroken" in operator.get(PAGE).content
    operator.post("/operations/seal/", {"firm": str(User.objects.get(email="operator@example.com").pk)})
    assert OperatorEntry.objects.filter(action="seal.checked").count() == 1
