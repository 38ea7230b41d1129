"""The outside calls of OAuth 2.0, by requests-oauthlib: authorize address, token endpoint. Nothing is stored here.

RFC 6749 §4.1 and §6; Lawmatics API docs, "Authentication".
"""

import logging
from dataclasses import dataclass
from typing import Any

import requests
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from requests_oauthlib import OAuth2Session

from casehug.common.scope import assert_no_transaction
from casehug.common.secret import Secret
from integrations.connections.endpoints import Endpoints
from integrations.contract.auth import OAuth2

TIMEOUT = (5.0, 20.0)  # connect, read; one try, a code is single use
TERMINAL = frozenset({"invalid_client", "unauthorized_client", "access_denied", "invalid_grant"})

# At DEBUG both write tokens, headers and bodies to the log.
for _name in ("requests_oauthlib", "oauthlib"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Grant:
    """What the token endpoint gave. `expires_in` is in seconds; None means the token does not expire."""

    access_token: Secret
    refresh_token: Secret | None
    expires_in: int | None


class TokenRefused(RuntimeError):
    """The token endpoint answered and declined; `code` is its OAuth error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def terminal(self) -> bool:
        """Tell whether only a new authorisation can help."""
        return self.code in TERMINAL


class TokenTrouble(RuntimeError):
    """The token endpoint was not reached or gave no usable answer. `sent` tells whether the request may have left."""

    def __init__(self, detail: str, *, sent: bool = True) -> None:
        super().__init__(detail)
        self.sent = sent


def new_verifier() -> str:
    """Return a PKCE code verifier (RFC 7636)."""
    return str(WebApplicationClient("").create_code_verifier(64))


def authorize_url(*, endpoints: Endpoints, auth: OAuth2, state: str, verifier: str = "") -> str:
    """Return the address of the consent page. The scope is sent only when one is configured."""
    scope = (endpoints.scope or auth.scope).split() or None
    session = OAuth2Session(endpoints.client_id, redirect_uri=endpoints.redirect_uri, scope=scope)
    extra: dict[str, str] = {}
    if verifier:
        challenge = WebApplicationClient("").create_code_challenge(verifier, "S256")
        extra |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    url, _ = session.authorization_url(endpoints.authorize_url, state=state, **extra)
    return str(url)


def _session(endpoints: Endpoints, redirect_uri: str | None = None) -> OAuth2Session:
    session = OAuth2Session(endpoints.client_id, redirect_uri=redirect_uri)
    session.trust_env = False  # no proxies or .netrc from the environment
    session.max_redirects = 0

    def look(response: requests.Response) -> requests.Response:
        if response.status_code >= 500 or response.status_code in (408, 429):
            raise TokenTrouble(f"HTTP {response.status_code}")
        return response

    session.register_compliance_hook("access_token_response", look)
    session.register_compliance_hook("refresh_token_response", look)
    return session


def _grant(token: dict[str, Any]) -> Grant:
    access, refresh, lifetime = (
        token.get("access_token"),
        token.get("refresh_token"),
        token.get("expires_in"),
    )
    if not isinstance(access, str) or not access:
        raise TokenTrouble("no access token in the answer")
    try:
        seconds = int(lifetime) if lifetime is not None else None
    except (TypeError, ValueError):
        seconds = None
    kept = Secret(refresh) if isinstance(refresh, str) and refresh else None
    return Grant(Secret(access), kept, seconds if seconds and seconds > 0 else None)


def exchange_code(*, endpoints: Endpoints, code: str, redirect_uri: str, verifier: str = "") -> Grant:
    """Trade an authorisation code for tokens: one try, no body in any log. Raises `TokenRefused`, `TokenTrouble`."""
    assert_no_transaction()
    extra: dict[str, Any] = {"code_verifier": verifier} if verifier else {}
    with _session(endpoints, redirect_uri) as session:
        try:
            token = session.fetch_token(
                endpoints.token_url,
                code=code,
                include_client_id=True,
                client_secret=endpoints.client_secret.reveal(),
                timeout=TIMEOUT,
                **extra,
            )
        except OAuth2Error as error:
            raise _refusal(error) from None
        except requests.RequestException as error:
            raise _trouble(error) from None
    return _grant(token)


def refresh_grant(*, endpoints: Endpoints, refresh_token: Secret) -> Grant:
    """Use a refresh token once. Raises `TokenRefused` and `TokenTrouble`. A missing new one keeps the old one."""
    assert_no_transaction()
    with _session(endpoints) as session:
        try:
            token = session.refresh_token(
                endpoints.token_url,
                refresh_token=refresh_token.reveal(),
                client_id=endpoints.client_id,
                client_secret=endpoints.client_secret.reveal(),
                timeout=TIMEOUT,
            )
        except OAuth2Error as error:
            raise _refusal(error) from None
        except requests.RequestException as error:
            raise _trouble(error) from None
    return _grant(token)


def revoke(*, endpoints: Endpoints, token: Secret) -> bool:
    """Tell a configured revoke address (RFC 7009), best effort. Returns whether it agreed; never raises."""
    if not endpoints.revoke_url:
        return False
    assert_no_transaction()
    body = {
        "token": token.reveal(),
        "client_id": endpoints.client_id,
        "client_secret": endpoints.client_secret.reveal(),
    }
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.post(endpoints.revoke_url, data=body, timeout=TIMEOUT, allow_redirects=False).ok
        except requests.RequestException:
            return False


def _refusal(error: OAuth2Error) -> TokenRefused | TokenTrouble:
    # An answer without a token and without an OAuth error is a broken answer, not a refusal.
    if error.error in ("missing_token", ""):
        return TokenTrouble("no token in the answer")
    return TokenRefused(str(error.error))


def _trouble(error: requests.RequestException) -> TokenTrouble:
    unsent = isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError)) or (
        isinstance(error, requests.ConnectionError) and "NewConnectionError" in repr(error)
    )
    return TokenTrouble(type(error).__name__, sent=not unsent)
