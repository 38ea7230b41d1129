"""What a provider offers for the way in: check a delivery on its raw bytes, parse it, read a matter, list changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
class Inbound:
    """A provider's way in. Pure functions; nothing here stores or sends anything by itself.

    `verify(headers, body, secrets, now)` → verdict, header names in lower case. `parse(body)` → neutral change, for
    pushed and polled bodies alike; it raises nothing. `read_matter(api, id)` → state; raises `contract.errors`.
    `poll(api, since, page)` → one page of matters changed since then (page numbers begin at 1).
    """

    kept_headers: Sequence[str]
    verify: Callable[[Headers, bytes, Sequence[str], datetime], Verdict]
    parse: Callable[[bytes], Change]
    read_matter: Callable[[Api, str], MatterState]
    poll: Callable[[Api, datetime, int], PollPage]
    setup_steps: Sequence[str]
    """How a person sets the webhooks up at the provider, one sentence each."""
    event_types: Sequence[str]
    """Names worth a webhook, in the provider's own words."""
