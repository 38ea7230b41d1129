"""Which referral exchanges this firm can reach: told by whoever fills the slot `referral_exchange`."""

from collections.abc import Sequence
from dataclasses import dataclass

from casehug.common import slots
from casehug.firms.page_reads import once_a_page
from casehug.referrals.errors import no_exchange


@dataclass(frozen=True)
class Exchange:
    """One exchange as the slot tells it: `connected` means that answers and cases are sent on."""

    key: str
    name: str
    connected: bool
    url: str
    """Where it is set up."""
    stages: Sequence[str] = ()
    """Its words for where a case stands, as far as they are known."""


@once_a_page
def exchanges() -> list[Exchange]:
    """Return what the fillers of the slot `referral_exchange` () tell, in settings order.

    A filler answers one dict with the fields of `Exchange`, or nothing. Call it inside the firm's scope.
    """
    return [Exchange(**answer) for answer in slots.fill("referral_exchange")]


def connected_exchange() -> Exchange | None:
    """Return the first connected exchange, None when there is none."""
    return next((one for one in exchanges() if one.connected), None)


def require_exchange() -> Exchange:
    """Return the connected exchange. Raises Refused (`no_exchange`)."""
    found = connected_exchange()
    if found is None:
        raise no_exchange()
    return found
