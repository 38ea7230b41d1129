"""Second factor: sealed secrets, throttled codes that count once, and dangerous acts that ask again."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client as Browser
from django.test import override_settings

from casehug.common import encryption
from casehug.common.person_secrets import open_for_person, seal_for_person
from casehug.common.role_check import key_problems
from casehug.firms import second_factor
from tests.conftest import PASSWORD, Person

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"


def code(step: int = 0) -> str:
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30 + step))


def sign_in(person: Person) -> Browser:
    browser = Browser()
    answer = browser.post("/accounts/login/", {"login": person.user.email, "password": PASSWORD})
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    return browser


@pytest.fixture
def guarded(staff: Person) -> Person:
    """A member with an authenticator app and recovery codes."""
    TOTP.activate(staff.user, SECRET)
    RecoveryCodes.activate(staff.user)
    return staff


def test_the_password_alone_opens_nothing(guarded: Person) -> None:
    browser = sign_in(guarded)
    assert browser.get("/settings/team/")["Location"].startswith("/accounts/login/")
    answer = browser.post("/accounts/2fa/authenticate/", {"code": code()})
    assert answer.status_code == 302
    assert browser.get("/settings/team/").status_code == 200


def test_a_code_counts_once_in_all_processes(guarded: Person) -> None:
    from django.core.cache import cache

    used = code()
    assert sign_in(guarded).post("/accounts/2fa/authenticate/", {"code": used}).status_code == 302
    cache.clear()  # another process does not know what this one remembers
    again = sign_in(guarded).post("/accounts/2fa/authenticate/", {"code": used})
    assert again.status_code == 200 and "used already" in again.content.decode()


def test_five_wrong_codes_close_the_door_also_for_the_right_one(guarded: Person) -> None:
    browser = sign_in(guarded)
    for _ in range(5):
        assert "Incorrect code" in browser.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    refused = browser.post("/accounts/2fa/authenticate/", {"code": code()})
    assert "Too many wrong codes" in refused.content.decode()


def test_a_recovery_code_opens_once(guarded: Person) -> None:
    row = Authenticator.objects.get(user=guarded.user, type="recovery_codes")
    one = RecoveryCodes(row).get_unused_codes()[0]
    assert sign_in(guarded).post("/accounts/2fa/authenticate/", {"code": one}).status_code == 302
    assert sign_in(guarded).post("/accounts/2fa/authenticate/", {"code": one}).status_code == 200
    assert second_factor.unused_codes(guarded.user) == 9


def test_secrets_are_sealed_and_follow_a_key_rotation(guarded: Person) -> None:
    rows = Authenticator.objects.filter(user=guarded.user)
    assert all(SECRET not in str(row.data) for row in rows)
    old = encryption.settings.CASEHUG_KEK
    fresh = "rotated:" + "A" * 43
    with override_settings(CASEHUG_KEK=f"{fresh},{old}"):
        assert second_factor.reseal_all() == 2 and second_factor.reseal_all() == 0
        assert second_factor.kek_ids() == {"rotated"}
    with override_settings(CASEHUG_KEK=fresh):
        assert sign_in(guarded).post("/accounts/2fa/authenticate/", {"code": code()}).status_code == 302
    with override_settings(CASEHUG_KEK=old):
        assert any("rotated" in problem for problem in key_problems())


def test_a_sealed_text_does_not_open_when_touched() -> None:
    sealed = seal_for_person("secret")
    assert open_for_person(sealed) == "secret" and "secret" not in sealed
    for broken in ("", "secret", sealed[:-6] + "AAAA==", sealed.replace("p1.", "p2."), sealed + "!"):
        with pytest.raises(encryption.DecryptionError):
            open_for_person(broken)


def test_a_dangerous_act_asks_again_after_ten_minutes(admin: Person) -> None:
    data = {"email": "late@example.com", "role": "staff"}
    session = admin.browser.session
    session["started_at"] = int(time.time()) - 601
    session.save()
    answer = admin.browser.post("/settings/team/invite/", data, HTTP_REFERER="http://testserver/settings/team/")
    assert answer["Location"] == "/accounts/reauthenticate/?next=%2Fsettings%2Fteam%2F"
    foreign = admin.browser.post("/settings/team/invite/", data, HTTP_REFERER="https://evil.example/x")
    assert "evil" not in foreign["Location"]
    wrong = admin.browser.post("/accounts/reauthenticate/?next=/settings/team/", {"password": "wrong"})
    assert wrong.status_code == 200
    right = admin.browser.post("/accounts/reauthenticate/?next=/settings/team/", {"password": PASSWORD})
    assert right["Location"] == "/settings/team/"
    assert "late@example.com" not in admin.browser.get("/settings/team/").content.decode()
    assert admin.browser.post("/settings/team/invite/", data).status_code == 302
    assert "late@example.com" in admin.browser.get("/settings/team/").content.decode()


def test_signing_out_elsewhere_ends_the_other_sessions(staff: Person) -> None:
    first, second = Browser(), Browser()
    for browser in (first, second):
        browser.post("/accounts/login/", {"login": staff.user.email, "password": PASSWORD})
    assert "Current" in second.get("/accounts/sessions/").content.decode()
    second.post("/accounts/sessions/")
    assert first.get("/settings/team/").status_code == 302
    assert second.get("/settings/team/").status_code == 200
