"""API keys: pages, shown once, scopes, rotation with overlap, revoke; limits; the firm over the API."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from casehug.audit.models import AuditEntry
from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.api_keys import KeyRefused, create_key, revoke_key, rotate_key
from casehug.firms.models import ApiKey, Firm
from casehug.intake.models import CaseType
from casehug.intake.services.case_types import ensure_default_case_types
from tests.casehug.caller import Caller, make_key
from tests.conftest import Person


def create(browser: Browser, **more: object) -> str:
    form = {"name": "Website form", "scopes": ["matters:read"], "lifetime": "30", **more}
    answer = browser.post(reverse("api_key_new"), form)
    found = re.search(r"ch_live_sk_[A-Za-z0-9_-]{43}", answer.content.decode())
    return found.group() if found else ""


def test_a_key_is_shown_once_used_rotated_and_revoked(firm: Firm, admin: Person) -> None:
    clear = create(admin.browser, idempotency_key="one")
    assert clear and Caller(clear).get("matters")[0] == 200
    assert create(admin.browser, idempotency_key="one") == ""  # a double click makes no second key
    page = admin.browser.get(reverse("api_keys")).content.decode()
    assert clear not in page and clear[:18] in page and "Website form" in page
    with firm_scope(firm.id):
        row = ApiKey.objects.get()
        assert row.last_used_at is not None and clear.encode() not in bytes(row.key_hash)
        assert row.created_by is not None and row.expires_at is not None
    answer = admin.browser.post(reverse("api_key_rotate", args=[row.id]), {"overlap": "24"})
    newer = re.search(r"ch_live_sk_[A-Za-z0-9_-]{43}", answer.content.decode())
    assert newer and newer.group() != clear
    assert Caller(clear).get("matters")[0] == 200 and Caller(newer.group()).get("matters")[0] == 200
    with firm_scope(firm.id):
        row.refresh_from_db()
        assert row.expires_at is not None and row.expires_at < timezone.now() + timedelta(hours=25)
        ApiKey.objects.filter(id=row.id).update(expires_at=timezone.now() - timedelta(seconds=1))
        new_row = ApiKey.objects.get(replaces_id=row.id)
    assert Caller(clear).get("matters")[0] == 401 and Caller(newer.group()).get("matters")[0] == 200
    assert admin.browser.get(reverse("api_key_revoke", args=[new_row.id])).status_code == 200
    admin.browser.post(reverse("api_key_revoke", args=[new_row.id]))
    assert Caller(newer.group()).get("matters")[0] == 401
    with firm_scope(firm.id):
        actions = list(AuditEntry.objects.filter(object_type="api_key").values_list("action", flat=True))
    assert sorted(actions) == ["api_key.created", "api_key.revoked", "api_key.rotated"]


def test_only_admins_with_a_fresh_sign_in_manage_keys(firm: Firm, admin: Person, staff: Person, auditor: Person,
                                                      stranger: Person) -> None:  # fmt: skip
    clear = make_key(firm.id)
    with firm_scope(firm.id):
        key_id = ApiKey.objects.get().id
    for person in (staff, auditor):
        assert person.browser.get(reverse("api_keys")).status_code == 403 and create(person.browser) == ""
    for name in ("api_key_rotate", "api_key_revoke"):
        assert stranger.browser.post(reverse(name, args=[key_id]), {"overlap": "0"}).status_code == 404
    session = admin.browser.session
    session["started_at"] = 0
    session.save()
    session["started_at"] = timezone.now().timestamp() - 3600
    session["seen_at"] = timezone.now().timestamp()
    session.save()
    assert admin.browser.post(reverse("api_key_revoke", args=[key_id])).status_code == 302
    assert Caller(clear).get("firms")[0] == 200


def test_services_refuse_what_makes_no_sense(firm: Firm) -> None:
    with firm_scope(firm.id):
        for wrong in ({"name": " "}, {"scopes": []}, {"scopes": ["root"]}, {"expires_at": timezone.now()}):
            with pytest.raises(KeyRefused):
                create_key(**{"name": "Tool", "scopes": ["matters:read"], **wrong})  # type: ignore[arg-type]
        made = create_key(name="Tool", scopes=["clients:read", "matters:read"])
        assert made.row.scopes == ["matters:read", "clients:read"]
        rotate_key(key_id=made.row.id, overlap_hours=0)
        with pytest.raises(KeyRefused):
            rotate_key(key_id=made.row.id, overlap_hours=24)
        assert revoke_key(key_id=made.row.id) is False


def test_scopes_and_states_decide(firm: Firm) -> None:
    reader = Caller(make_key(firm.id, "matters:read"))
    assert reader.get("matters")[0] == 200
    for method, path in (("POST", "matters"), ("GET", "clients"), ("GET", "firms"), ("PATCH", "firms/settings")):
        code, body = reader.call(method, path, {})
        assert (code, body["error"]["code"]) == (403, "forbidden") and "scope" in body["error"]["message"]
    code, body = Caller("ch_live_sk_wrong").get("matters")
    assert (code, body["error"]["code"]) == (401, "unauthorized")
    assert Caller("").get("matters")[0] == 401


def test_every_answer_tells_the_pace_and_too_many_wait(firm: Firm, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE, settings.API_BAD_KEYS_PER_MINUTE = 3, 2
    tool, other = Caller(make_key(firm.id)), Caller(make_key(firm.id))
    for left in ("2", "1", "0"):
        assert tool.get("firms")[0] == 200 and tool.last["RateLimit-Remaining"] == left
    code, body = tool.get("firms")
    assert (code, body["error"]["code"]) == (429, "rate_limited") and 0 < int(tool.last["Retry-After"]) <= 60
    assert other.get("firms")[0] == 200
    codes = [Caller("ch_live_sk_wrong").get("firms")[0] for _ in range(3)]
    assert codes == [401, 401, 429] and other.get("firms")[0] == 200


def test_the_firm_over_the_api(firm: Firm, admin: Person) -> None:
    tool = Caller(make_key(firm.id))
    _, body = tool.get("firms")
    assert body["data"]["name"] == "Rivera" and body["data"]["settings"]["email_notifications"] is True
    change = {"name": "Rivera LLP", "timezone": "America/Chicago", "sms_notifications": True,
              "address": {"line1": "1 Main", "line2": "Suite 4"},
              "settings": {"custom_domain": "in.example"}}  # fmt: skip
    code, body = tool.patch("firms/settings", change)
    data = body["data"]
    assert code == 200 and data["name"] == "Rivera LLP" and data["address"] == {"line1": "1 Main", "suite": "Suite 4"}
    assert data["settings"]["sms_notifications"] is True and data["settings"]["custom_domain"] == "in.example"
    unknown = public_id("tmpl", uuid.uuid4())
    for wrong in (
        {"timezone": "Mars"}, {"settings": {"default_intake_template": "x"}}, {"website": "no"}, {"phone": "call me"},
        {"phone": "+1 555"}, {"default_intake_template": unknown},
    ):  # fmt: skip
        assert tool.patch("firms/settings", wrong)[0] == 400
    with firm_scope(firm.id):
        ensure_default_case_types()
        template = public_id("tmpl", CaseType.objects.filter(active=True).first().id)
    good = {"phone": "(206) 555-0123", "settings": {"default_intake_template": template}}
    data = tool.patch("firms/settings", good)[1]["data"]
    assert data["phone"] == "+12065550123" and data["settings"]["default_intake_template"] == template
    assert tool.patch("firms/settings", {}, If_Match='"1"')[0] == 412
    _, body = tool.get("firms/members")
    assert body["data"][0]["role"] == "admin" and body["data"][0]["id"].startswith("atty_")
    assert tool.get("firms/usage")[1]["data"]["members"] == 1


def test_the_description_is_a_page_without_anything_foreign(client: Browser, db: None) -> None:
    page = client.get("/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200 and "/api/v1/matters" in text and "Idempotency-Key" in text
    assert "Scope <code>matters:write</code>" in text
    assert "<script src=\"http" not in text and "style=" not in text
