"""What a provider offers for looking at the matters that exist there. Read-only: nothing of this is ever imported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from integrations.contract.http import Api


@dataclass(frozen=True)
class RemoteMatter:
    """One matter as a list there shows it; an empty text means that the provider does not say."""

    id: str
    title: str
    person: str = ""
    email: str = ""
    status: str = ""
    created: str = ""
    """Day it was made there, ISO 8601."""


@dataclass(frozen=True)
class MatterPage:
    """One page of the provider's own list, newest first. `total` counts the whole list, None when it is not told."""

    rows: Sequence[RemoteMatter]
    number: int
    total: int | None
    more: bool


@dataclass(frozen=True)
class RemoteMatters:
    """Reads of matters, one call each. `page(api, number, search)`: numbers begin at 1, `search` is part of a title.

    `one(api, id)` raises `NotFound` for a matter that is gone. Both raise the errors of `contract.errors`.
    """

    page: Callable[[Api, int, str], MatterPage]
    one: Callable[[Api, str], RemoteMatter]
