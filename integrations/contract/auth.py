"""How a provider authorises, as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OAuth2:
    """OAuth 2.0 authorization code grant (RFC 6749 §4.1). URLs and client come from settings `<KEY>_AUTHORIZE_URL` ….

    `scope` is sent only when set. `pkce` adds S256 (RFC 7636) where the provider supports it.
    """

    scope: str = ""
    pkce: bool = False


@dataclass(frozen=True)
class ApiKey:
    """Keys typed in by a firm admin; `fields` are (name, label, is_secret)."""

    fields: tuple[tuple[str, str, bool], ...]
