"""What a provider offers for the way in: check a delivery on its raw bytes, parse it, read a matter, list changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.contract.changes import Change, MatterState
from integrations.contract.http import Api
from integrations.contract.signatures import Verdict

Headers = Mapping[str, str]


@dataclass(frozen=True)
class RawItem:
    """One polled change in the form in which a delivery is stored: its id, its body, and where the matter stands."""

    event_id: str
    body: bytes
    state: MatterState


@dataclass(frozen=True)
class PollPage:
    """One page of changed matters, newest first. `reaches_back`: nothing at or after the asked time is left behind it.

    `top` is the newest change on the page, the cursor once the whole list was read.
    """

    items: Sequence[RawItem]
    reaches_back: bool
    top: datetime | None


@dataclass(frozen=True)
class StoredItem:
    """One event that the provider kept for us, in the form in which a delivery is stored, and when it was kept."""

    event_id: str
    body: bytes
    at: datetime


@dataclass(frozen=True)
class StoredPage:
    """One page of kept events, oldest first. `unreadable`: rows without id or time, which were left out."""

    items: Sequence[StoredItem]
    more: bool
    unreadable: int = 0


@dataclass(frozen=True)
class StoredEvents:
    """Polling of events that the provider keeps. `page(api, since, until, number)`: `since` is included, `until` not.

    Numbers begin at 1. Equal times and late rows are normal: ask from `overlap` before the last time and know ids.
    `kept` is how long the provider keeps them; reading deletes nothing. `pace`: while an open invitation ends within
    the first time, look at least every second one; shortest first. Raises the errors of `contract.errors`.
    """

    page: Callable[[Api, datetime, datetime, int], StoredPage]
    overlap: timedelta
    kept: timedelta
    pace: Sequence[tuple[timedelta, timedelta]] = ()


@dataclass(frozen=True)
class Inbound:
    """A provider's way in. Pure functions; nothing here stores or sends anything by itself.

    `verify(headers, body, secrets, now)` → verdict, header names in lower case. `parse(body)` → neutral change, for
    pushed and polled bodies alike; it raises nothing. `read_matter(api, id)` → state; raises `contract.errors`.
    `poll(api, since, page)` → one page of matters changed since then (page numbers begin at 1). Both are None for a
    provider without matters. `stored` is the other way to poll. `parse_delivery(headers, body)` where a body does not
    name its own event: ask `change_of`, which takes whichever there is.
    """

    kept_headers: Sequence[str]
    verify: Callable[[Headers, bytes, Sequence[str], datetime], Verdict]
    parse: Callable[[bytes], Change]
    read_matter: Callable[[Api, str], MatterState] | None
    poll: Callable[[Api, datetime, int], PollPage] | None
    setup_steps: Sequence[str]
    """How a person sets the webhooks up at the provider, one sentence each."""
    event_types: Sequence[str]
    """Names worth a webhook, in the provider's own words."""
    stored: StoredEvents | None = None
    parse_delivery: Callable[[Headers, bytes], Change] | None = None

    def change_of(self, headers: Headers, body: bytes) -> Change:
        """Return the neutral change of a stored delivery or polled event. Raises nothing."""
        return self.parse_delivery(headers, body) if self.parse_delivery else self.parse(body)
