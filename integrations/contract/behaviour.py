"""How a connected account behaves where a provider's documents leave it open: found out by reading alone."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.contract.http import Api

PROFILE = "behaviour"
"""Key of a connection's profile under which findings are kept."""


@dataclass(frozen=True)
class Seen:
    """What there is to find out from: a client for reads, and what this installation has seen of the account so far.

    `token_seconds`: life of the access as it was given, None when it does not end. `event_types`: names of received
    webhooks. `rate`: calls a minute the account allowed when it last refused, None when it never did. `profile`: what
    writes have taught.
    """

    api: Api
    token_seconds: int | None = None
    event_types: Collection[str] = ()
    rate: float | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """An answer: the value that code decides by (empty: not known yet), in words, and what it was seen from."""

    value: str
    words: str
    evidence: str


@dataclass(frozen=True)
class Behaviour:
    """One open question about an account. `decides`: what depends on it. `look` reads only.

    It may raise the errors of `contract.errors`; the question then keeps the answer it had.
    """

    key: str
    question: str
    assumption: str
    decides: str
    look: Callable[[Seen], Finding]


def known(profile: Mapping[str, Any], key: str) -> str:
    """Return the value found for a question, empty when nothing was found out."""
    facts = profile.get(PROFILE, {}).get("facts", {})
    return str(facts.get(key, {}).get("value", ""))
