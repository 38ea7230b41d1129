"""The outside calls of OAuth by themselves, with a stub at the transport: PKCE, odd answers, revoke, and quiet logs."""

import base64
import hashlib
import logging
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from integrations.connections import oauth
from integrations.connections.endpoints import Endpoints
from integrations.contract.auth import OAuth2
from tests.integrations.desk import Desk

TOKEN_URL = "https://provider.example/oauth/token"
WHERE = Endpoints(
    authorize_url="https://provider.example/oauth/authorize",
    token_url=TOKEN_URL,
    api_url="https://provider.example",
    web_url="",
    client_id="us",
    client_secret=Secret("hush"),
    redirect_uri="https://casehug.example/back",
    scope="",
    revoke_url="https://provider.example/oauth/revoke",
)


def exchange() -> oauth.Grant:
    return oauth.exchange_code(endpoints=WHERE, code="c0de", redirect_uri=WHERE.redirect_uri, verifier="v" * 50)


def test_pkce_challenge_and_verifier() -> None:
    verifier = oauth.new_verifier()
    url = oauth.authorize_url(endpoints=WHERE, auth=OAuth2(pkce=True), state="s t/1", verifier=verifier)
    query = parse_qs(urlsplit(url).query)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert query["code_challenge"] == [digest] and query["code_challenge_method"] == ["S256"]
    assert query["state"] == ["s t/1"] and query["redirect_uri"] == [WHERE.redirect_uri] and "scope" not in query


@responses.activate
def test_the_exchange_sends_exactly_this_once() -> None:
    responses.post(TOKEN_URL, json={"access_token": "a", "token_type": "bearer", "created_at": 1})
    grant = exchange()
    assert (grant.access_token.reveal(), grant.refresh_token, grant.expires_in) == ("a", None, None)
    assert len(responses.calls) == 1
    sent = parse_qs(str(responses.calls[0].request.body))
    assert sent == {
        "grant_type": ["authorization_code"], "code": ["c0de"], "redirect_uri": [WHERE.redirect_uri],
        "client_id": ["us"], "client_secret": ["hush"], "code_verifier": ["v" * 50],
    }  # fmt: skip
    assert "Authorization" not in responses.calls[0].request.headers


@responses.activate
@pytest.mark.parametrize(
    ("status", "body"),
    [(200, "{}"), (200, "<html>"), (200, '{"access_token": ""}'), (200, '{"access_token": 7, "token_type": "bearer"}'),
     (500, '{"error": "invalid_grant"}'), (429, ""), (302, ""), (400, "")],
)  # fmt: skip
def test_a_broken_answer_is_trouble_and_no_refusal(status: int, body: str) -> None:
    responses.post(TOKEN_URL, status=status, body=body, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(oauth.TokenTrouble):
        exchange()
    assert len(responses.calls) == 1  # no second try, no redirect followed


@responses.activate
@pytest.mark.parametrize("code", sorted(oauth.TERMINAL))
def test_refusals_are_told_apart(code: str) -> None:
    responses.post(TOKEN_URL, status=400, json={"error": code, "error_description": "secret words"})
    with pytest.raises(oauth.TokenRefused) as caught:
        exchange()
    assert caught.value.terminal and caught.value.code == code and "secret words" not in str(caught.value)


@responses.activate
def test_unreachable_says_whether_anything_was_sent() -> None:
    responses.post(TOKEN_URL, body=requests.ConnectTimeout())
    with pytest.raises(oauth.TokenTrouble) as caught:
        exchange()
    assert caught.value.sent is False
    responses.replace("POST", TOKEN_URL, body=requests.ReadTimeout())
    with pytest.raises(oauth.TokenTrouble) as caught:
        exchange()
    assert caught.value.sent is True


@responses.activate
def test_plain_http_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)
    from dataclasses import replace

    where = replace(WHERE, token_url="http://provider.example/oauth/token")
    with pytest.raises((oauth.TokenRefused, oauth.TokenTrouble)):
        oauth.exchange_code(endpoints=where, code="c", redirect_uri=where.redirect_uri)
    assert not responses.calls


@responses.activate
def test_revoke_is_best_effort() -> None:
    responses.post(WHERE.revoke_url, status=500)
    assert oauth.revoke(endpoints=WHERE, token=Secret("t")) is False
    responses.replace("POST", WHERE.revoke_url, body=requests.ConnectionError())
    assert oauth.revoke(endpoints=WHERE, token=Secret("t")) is False
    responses.replace("POST", WHERE.revoke_url, status=200)
    assert oauth.revoke(endpoints=WHERE, token=Secret("t")) is True


def test_no_secret_reaches_a_log(
    desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    query = desk.consent(desk.start())
    desk.back(query)
    with firm_scope(desk.firm_id):
        token = desk.must().open_token("access_token")
    assert token is not None
    said = caplog.text + "".join(capfd.readouterr())
    for secret in (token.reveal(), query["code"], query["state"], "standin-secret"):
        assert secret not in said
