"""Roles, access, lost factors and the rule for the second factor: who may, and what can never be removed."""

import uuid

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client as Browser

from casehug.audit.models import AuditEntry
from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Membership, Role
from casehug.firms.services import add_member
from casehug.firms.team import members
from casehug.firms.team.errors import TeamError
from tests.conftest import PASSWORD, Person, make_person

pytestmark = pytest.mark.django_db


def membership_of(person: Person) -> Membership:
    with firm_scope(person.firm_id):
        found: Membership = Membership.objects.get(user=person.user)
    return found


def act(by: Person, who: Membership | uuid.UUID, action: str, **data: str) -> int:
    id_ = who if isinstance(who, uuid.UUID) else who.id
    return by.browser.post(f"/settings/team/{public_id('mem', id_)}/{action}/", data).status_code


def test_a_role_changes_and_open_sessions_end(admin: Person, staff: Person) -> None:
    browser = Browser()
    browser.post("/accounts/login/", {"login": staff.user.email, "password": PASSWORD})
    assert UserSession.objects.filter(user=staff.user).exists()
    assert act(admin, membership_of(staff), "role", role="attorney") == 302
    assert membership_of(staff).role == "attorney"
    assert not UserSession.objects.filter(user=staff.user).exists()
    assert browser.get("/settings/team/")["Location"].startswith("/accounts/login/")
    with firm_scope(admin.firm_id):
        entry = AuditEntry.objects.get(action="team.role")
    assert entry.changes == {"from": "staff", "to": "attorney"} and entry.actor_id == admin.user.id


def test_the_last_admin_stays(admin: Person) -> None:
    own = membership_of(admin)
    assert act(admin, own, "role", role="staff") == 302
    assert act(admin, own, "access", active="0") == 302
    kept = membership_of(admin)
    assert (kept.role, kept.active) == ("admin", True)
    assert "only firm admin" in admin.browser.get("/settings/team/").content.decode()


def test_two_admins_cannot_demote_each_other(admin: Person, firm: Firm) -> None:
    second = make_person(firm, Role.ADMIN)
    with firm_scope(firm.id):
        members.change_role(membership_id=membership_of(admin).id, role=Role.STAFF)
        with pytest.raises(TeamError, match="only firm admin"):
            members.change_role(membership_id=membership_of(second).id, role=Role.STAFF)
        with pytest.raises(TeamError, match="only firm admin"):
            members.set_active(membership_id=membership_of(second).id, active=False)


def test_access_switched_off_ends_work_at_once(admin: Person, staff: Person) -> None:
    assert staff.browser.get("/settings/team/").status_code == 200
    act(admin, membership_of(staff), "access", active="0")
    assert staff.browser.get("/settings/team/").status_code in (302, 403)
    act(admin, membership_of(staff), "access", active="1")
    staff.browser.force_login(staff.user)
    assert staff.browser.get("/settings/team/").status_code == 200


def test_others_change_nothing(admin: Person, staff: Person, stranger: Person) -> None:
    target = membership_of(staff)
    for person, expected in ((staff, 403), (stranger, 404)):
        assert act(person, target, "role", role="admin") == expected
        assert act(person, target, "second-factor") == expected
    assert membership_of(staff).role == "staff"


def test_a_lost_factor_is_removed_but_not_over_another_firm(admin: Person, staff: Person, other_firm: Firm) -> None:
    Authenticator.objects.create(user=staff.user, type="totp", data={"secret": "x"})
    assert act(admin, membership_of(staff), "second-factor") == 302
    assert not Authenticator.objects.filter(user=staff.user).exists()
    Authenticator.objects.create(user=staff.user, type="totp", data={"secret": "x"})
    add_member(firm_id=other_firm.id, email=staff.user.email, name="", role=Role.ADMIN)
    act(admin, membership_of(staff), "second-factor")
    assert Authenticator.objects.filter(user=staff.user).exists()


def test_the_rule_blocks_until_a_factor_is_there(admin: Person, staff: Person, firm: Firm) -> None:
    assert staff.browser.get("/settings/team/").status_code == 200, "a new firm is asked, not forced"
    assert "requires two-step sign-in" in staff.browser.get("/settings/team/").content.decode()
    with firm_scope(firm.id):
        members.require_second_factor(required=False)
        members.require_second_factor(required=True, grace_days=0)
    answer = staff.browser.get("/settings/team/")
    assert answer.status_code == 302 and answer["Location"] == "/accounts/2fa/"
    assert staff.browser.get("/api/v1/integrations/lawmatics/status").status_code == 401
    page = staff.browser.get("/accounts/2fa/").content.decode()
    assert "Your firm requires two-step sign-in" in page
    Authenticator.objects.create(user=staff.user, type="totp", data={"secret": "x"})
    assert staff.browser.get("/settings/team/").status_code == 200


def test_announcing_again_does_not_postpone(firm: Firm) -> None:
    with firm_scope(firm.id):
        members.require_second_factor(required=False)
        first = members.require_second_factor(required=True, grace_days=3)
        assert members.require_second_factor(required=True, grace_days=80) == first
        with pytest.raises(TeamError):
            members.require_second_factor(required=True, grace_days=91)
