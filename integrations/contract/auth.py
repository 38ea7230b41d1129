"""How a provider authorises, as data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class OAuth2:
    """OAuth 2.0 authorization code grant (RFC 6749 §4.1). URLs and client come from settings `<KEY>_AUTHORIZE_URL` ….

    `scope` is sent only when set. `pkce` adds S256 (RFC 7636) where the provider supports it.
    """

    scope: str = ""
    pkce: bool = False


@dataclass(frozen=True)
class ApiKey:
    """Keys typed in by a firm admin; `fields` are (name, label, is_secret).

    `hosts`: environment (`sandbox`, `production`) → base URL; setting `<KEY>_BASE_URL` or `<KEY>_API_URL` overrides
    both. `help`, by name, says where a value comes from. All values travel to the client as one text (`join_keys`).
    """

    fields: tuple[tuple[str, str, bool], ...]
    hosts: Mapping[str, str] = field(default_factory=dict)
    help: Mapping[str, str] = field(default_factory=dict)


def join_keys(values: Mapping[str, str]) -> str:
    """Return the values of an `ApiKey` as the one text that is sealed and given to a client."""
    return json.dumps(dict(values), sort_keys=True)


def split_keys(text: str) -> dict[str, str]:
    """Return the values behind `join_keys`; empty when the text is none of that kind."""
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in read.items()} if isinstance(read, dict) else {}
