"""OAuth of the stand-in, as a browser and a client see it."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.conftest import ROOT, Standin

CALLBACK = "http://127.0.0.1:9/callback"
QUERY = {"client_id": "standin-client", "redirect_uri": CALLBACK, "response_type": "code", "state": "s t&1"}


def decide(standin: Standin, decision: str = "allow", **more: str) -> dict[str, str]:
    answer = requests.post(
        f"{standin.url}/oauth/authorize", data=QUERY | {"decision": decision} | more, allow_redirects=False, timeout=5
    )
    assert answer.status_code == 302 and answer.headers["Location"].startswith(CALLBACK)
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def exchange(standin: Standin, **more: str) -> requests.Response:
    body = {"client_id": "standin-client", "client_secret": "standin-secret", "grant_type": "authorization_code"}
    return requests.post(f"{standin.url}/oauth/token", data=body | {"redirect_uri": CALLBACK} | more, timeout=5)


def test_consent_screen_offers_both_buttons(standin: Standin) -> None:
    page = requests.get(f"{standin.url}/oauth/authorize", params=QUERY, timeout=5)
    assert page.status_code == 200 and 'value="allow"' in page.text and 'value="deny"' in page.text
    assert "Demo account" in page.text and "not the real product" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and policy.endswith("form-action 'self' http://127.0.0.1:9")


def test_allow_gives_a_code_once(standin: Standin) -> None:
    back = decide(standin)
    assert back["state"] == "s t&1" and len(back["code"]) == 64
    answer = exchange(standin, code=back["code"])
    assert answer.status_code == 200
    assert set(answer.json()) == {"token_type", "access_token", "created_at"}
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert requests.get(f"{standin.url}/v1/users/me", headers=headers, timeout=5).status_code == 200
    again = exchange(standin, code=back["code"])
    assert again.status_code == 400 and again.json()["error"] == "invalid_grant"


def test_token_errors(standin: Standin) -> None:
    code = decide(standin)["code"]
    assert exchange(standin, code=code, client_secret="wrong").status_code == 401
    assert exchange(standin, code=code, client_secret="wrong").json()["error"] == "invalid_client"
    assert exchange(standin, code=code, redirect_uri="http://127.0.0.1:9/other").json()["error"] == "invalid_grant"
    assert exchange(standin, code=code, grant_type="password").json()["error"] == "unsupported_grant_type"
    as_json = {"client_id": "standin-client", "client_secret": "standin-secret", "grant_type": "authorization_code"}
    body = as_json | {"code": code, "redirect_uri": CALLBACK}
    assert requests.post(f"{standin.url}/oauth/token", json=body, timeout=5).status_code == 200
    assert requests.post(f"{standin.url}/oauth/revoke", timeout=5).status_code == 404
    row = standin.control("GET", "requests")["requests"][-1]
    assert "standin-secret" not in row["body"] and code not in row["body"]


def test_deny_scope_and_unknown_client(standin: Standin) -> None:
    assert decide(standin, "deny") == {"error": "access_denied", "state": "s t&1"}
    assert "code" in decide(standin, scope="read write")
    standin.switch(oauth_scope="invalid_scope")
    assert decide(standin, scope="read write")["error"] == "invalid_scope"
    page = requests.get(f"{standin.url}/oauth/authorize", params=QUERY | {"client_id": "x"}, timeout=5)
    assert page.status_code == 400


def test_auto_approve_and_choice_of_account(standin: Standin) -> None:
    other = standin.control("POST", "accounts", name="Second account")
    token = exchange(standin, code=decide(standin, account=str(other["id"]))["code"]).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    me = requests.get(f"{standin.url}/v1/users/me?fields=current_firm", headers=headers, timeout=5).json()["data"]
    assert me["relationships"]["current_firm"]["data"]["id"] == str(other["id"])
    standin.switch(auto_approve="allow")
    answer = requests.get(f"{standin.url}/oauth/authorize", params=QUERY, allow_redirects=False, timeout=5)
    assert answer.status_code == 302 and "code=" in answer.headers["Location"]


@pytest.mark.parametrize(("mode", "alive"), [("reject", 200), ("revoke_family", 401)])
def test_expiring_tokens_rotate(standin: Standin, mode: str, alive: int) -> None:
    standin.switch(token_mode="expiring", refresh_reuse=mode)
    first = exchange(standin, code=decide(standin)["code"]).json()
    assert first["expires_in"] == 7200
    second = exchange(standin, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    call = f"{standin.url}/v1/users/me"
    old, new = ({"Authorization": f"Bearer {pair['access_token']}"} for pair in (first, second))
    assert requests.get(call, headers=old, timeout=5).status_code == 401
    assert requests.get(call, headers=new, timeout=5).status_code == 200
    reused = exchange(standin, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert reused.status_code == 400 and reused.json()["error"] == "invalid_grant"
    assert requests.get(call, headers=new, timeout=5).status_code == alive


def test_expired_access_token_is_refused(standin: Standin) -> None:
    standin.switch(token_mode="expiring")
    pair = exchange(standin, code=decide(standin)["code"]).json()
    assert standin.control("POST", "accounts/8101/expire-tokens")["expired"] == 1
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    assert requests.get(f"{standin.url}/v1/users/me", headers=headers, timeout=5).status_code == 401


@pytest.mark.parametrize(
    "env", [{"CASEHUG_ENV": "production"}, {"DJANGO_SETTINGS_MODULE": "casehug.settings.production"}]
)
def test_refuses_production(env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.lawmatics", "--port", "0"], cwd=ROOT, env=env, capture_output=True, text=True,
        timeout=20,
    )  # fmt: skip
    assert done.returncode == 1 and "does not run with production settings" in done.stderr
