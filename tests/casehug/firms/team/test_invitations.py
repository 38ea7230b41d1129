"""Inviting people: the mail with the link, joining with a new or an own account, and what ends a link."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection as database
from django.test import Client as Browser
from django.utils import timezone

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_due
from casehug.firms.models import Firm, Membership, TeamInvitation, User
from tests.conftest import PASSWORD, Person

pytestmark = pytest.mark.django_db
NEW = "new.person@example.com"


@pytest.fixture(autouse=True)
def mails_may_go(db: None) -> Iterator[None]:
    """Mails may be handed over although the test itself is one transaction."""
    database.allow_http_in_atomic = True  # type: ignore[attr-defined]
    yield
    database.allow_http_in_atomic = False  # type: ignore[attr-defined]


def invite(admin: Person, email: str = NEW, role: str = "staff", name: str = "New Person") -> str:
    """Invite by the page, send the mail; return the path of the link in it."""
    mail.outbox.clear()
    answer = admin.browser.post("/settings/team/invite/", {"email": email, "role": role, "name": name})
    assert answer.status_code == 302, answer.content
    return link_in_mail(admin)


def link_in_mail(admin: Person) -> str:
    run_due(firm_id=admin.firm_id)
    found = re.search(r"https?://[^/]+(/join/\S+)", str(mail.outbox[-1].body))
    assert found
    return found.group(1)


def test_an_invited_person_makes_an_account_and_signs_in(admin: Person) -> None:
    path = invite(admin)
    assert mail.outbox[0].to == [NEW]
    visitor = Browser()
    page = visitor.get(path)
    assert "Join Rivera" in page.content.decode() and "Intake staff" in page.content.decode()
    weak = visitor.post(path, {"name": "New Person", "password": "password"})
    assert weak.status_code == 422 and "too short" in weak.content.decode()
    done = visitor.post(path, {"name": "New Person", "password": PASSWORD})
    assert done.status_code == 302 and done["Location"] == "/accounts/login/"
    assert visitor.login(username=NEW, password=PASSWORD)
    assert visitor.get("/").status_code in (200, 302)
    with firm_scope(admin.firm_id):
        assert Membership.objects.get(user__email=NEW).role == "staff"
    again = Browser().post(path, {"name": "Another", "password": PASSWORD})
    assert again.status_code == 404 and User.objects.filter(email=NEW).count() == 1


def test_a_person_with_an_account_joins_with_it(admin: Person, stranger: Person) -> None:
    path = invite(admin, stranger.user.email, role="attorney")
    anonymous = Browser().get(path).content.decode()
    assert "Sign in" in anonymous and 'name="password"' not in anonymous
    # Nobody takes over an existing account with a link alone.
    Browser().post(path, {"name": "Thief", "password": PASSWORD + "!"})
    assert User.objects.get(id=stranger.user.id).check_password(PASSWORD)
    assert admin.browser.post(path).status_code == 200, "another person's invitation is refused"
    joined = stranger.browser.post(path)
    assert joined.status_code == 302
    with firm_scope(admin.firm_id):
        assert Membership.objects.get(user=stranger.user).role == "attorney"


@pytest.mark.parametrize("end", ["revoke", "renew", "age", "garbage"])
def test_an_ended_link_opens_nothing(admin: Person, end: str) -> None:
    path = invite(admin)
    with firm_scope(admin.firm_id):
        row = TeamInvitation.objects.get()
        if end == "age":
            TeamInvitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    if end in ("revoke", "renew"):
        action = "end" if end == "revoke" else "link"
        admin.browser.post(f"/settings/team/invitations/{public_id('tin', row.id)}/{action}/")
    if end == "garbage":
        path = "/join/" + "x" * 43 + "/"
    answer = Browser().get(path)
    assert answer.status_code == 404 and "no longer valid" in answer.content.decode()
    assert Browser().post(path, {"name": "N", "password": PASSWORD}).status_code == 404
    assert not User.objects.filter(email=NEW).exists()


def test_inviting_twice_renews_and_a_member_is_not_invited(admin: Person) -> None:
    invite(admin)
    invite(admin, NEW.upper(), role="attorney")
    with firm_scope(admin.firm_id):
        row = TeamInvitation.objects.get()
    assert row.role == "attorney"
    refused = admin.browser.post("/settings/team/invite/", {"email": admin.user.email, "role": "staff"})
    assert refused.status_code == 422 and "member of your firm already" in refused.content.decode()


def test_only_admins_invite(staff: Person, auditor: Person, firm: Firm) -> None:
    for person in (staff, auditor):
        answer = person.browser.post("/settings/team/invite/", {"email": NEW, "role": "admin"})
        assert answer.status_code == 403
        assert "Only a firm admin" in person.browser.get("/settings/team/").content.decode()
    with firm_scope(firm.id):
        assert not TeamInvitation.objects.exists()


def test_the_link_is_kept_as_a_hash_only(admin: Person) -> None:
    token = invite(admin).split("/")[2]
    with firm_scope(admin.firm_id):
        row = TeamInvitation.objects.values().get()
    assert token not in str(row) and token.encode() not in bytes(row["token_hash"])
