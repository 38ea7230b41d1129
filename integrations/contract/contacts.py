"""What a provider offers for looking at contacts that exist there, beside a client here. Read-only, nothing is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from integrations.contract.http import Api


@dataclass(frozen=True)
class RemoteContact:
    """One contact as a person compares it; an empty text means that nothing stands there."""

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    created: str = ""
    """Day it was made there, ISO 8601."""


@dataclass(frozen=True)
class RemoteContacts:
    """Reads of contacts. `one(api, id)`: one call, raises `NotFound` for a contact that is gone.

    `by_email(api, email)`: every contact with this address as its primary one, lowest id first; empty when the account
    cannot list them. Both raise the errors of `contract.errors`.
    """

    one: Callable[[Api, str], RemoteContact]
    by_email: Callable[[Api, str], Sequence[RemoteContact]]
