"""Sign-in and session rules: throttle, one answer for every failure, ages, headers, closed sign-up."""

import time

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse

from casehug.firms.models import Firm, Role
from tests.conftest import PASSWORD, Person, make_person


def attempt(browser: Browser, email: str, password: str) -> str:
    answer = browser.post(reverse("account_login"), {"login": email, "password": password})
    return "in" if answer.status_code == 302 else answer.content.decode()


def test_five_wrong_tries_close_the_account_for_a_while(firm: Firm) -> None:
    person = make_person(firm, Role.STAFF)
    browser = Browser()
    for _ in range(settings.LOGIN_LIMIT_PER_ACCOUNT):
        assert "Too many attempts" not in attempt(browser, person.user.email, "wrong password")
    assert "Too many attempts" in attempt(browser, person.user.email, PASSWORD)


def test_a_success_forgets_the_wrong_tries(firm: Firm) -> None:
    person = make_person(firm, Role.STAFF)
    for _ in range(3):
        attempt(Browser(), person.user.email, "wrong password")
        attempt(Browser(), person.user.email, "wrong password")
        assert attempt(Browser(), person.user.email.upper(), PASSWORD) == "in"


def test_twenty_tries_close_an_address(firm: Firm) -> None:
    browser = Browser()
    for number in range(settings.LOGIN_LIMIT_PER_ADDRESS):
        attempt(browser, f"nobody{number}@example.com", "wrong password")
    assert "Too many attempts" in attempt(browser, "somebody@example.com", "wrong password")


def test_unknown_person_and_wrong_password_get_the_same_answer(firm: Firm) -> None:
    person = make_person(firm, Role.STAFF)
    pages = [attempt(Browser(), email, "wrong password") for email in (person.user.email, "nobody@example.com")]
    messages = [page.partition("form-errors")[2][:400].replace(person.user.email, "").strip() for page in pages]
    assert "not correct" in pages[0] and messages[0][:200] == messages[1][:200]


def test_sign_up_is_closed(db: None) -> None:
    answer = Browser().post(reverse("account_signup"), {"email": "new@example.com", "password1": PASSWORD})
    assert answer.status_code == 200 and b'name="password1"' not in answer.content


@pytest.mark.parametrize(
    ("key", "age"), [("seen_at", "SESSION_IDLE_SECONDS"), ("started_at", "SESSION_ABSOLUTE_SECONDS")]
)
def test_sessions_end(staff: Person, key: str, age: str) -> None:
    assert staff.browser.get("/").status_code == 200
    session = staff.browser.session
    session[key] = int(time.time()) - getattr(settings, age) - 1
    session.save()
    assert staff.browser.get("/").status_code == 302


def test_polls_do_not_keep_a_session_alive(staff: Person) -> None:
    staff.browser.get("/")
    session = staff.browser.session
    session["seen_at"] = before = int(time.time()) - 300
    session.save()
    staff.browser.get("/", headers={"X-Poll": "1"})
    assert staff.browser.session["seen_at"] == before
    staff.browser.get("/")
    assert staff.browser.session["seen_at"] > before


def test_headers_of_a_signed_in_page(staff: Person) -> None:
    answer = staff.browser.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "'nonce-" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_cookies_are_bound_to_the_host_in_production() -> None:
    from casehug.settings import base

    assert base.SESSION_COOKIE_NAME.startswith("__Host-") and base.CSRF_COOKIE_NAME.startswith("__Host-")
    assert base.SESSION_COOKIE_SECURE and base.SESSION_COOKIE_HTTPONLY and base.CSRF_COOKIE_SECURE
