"""Which exchange of cases the firm can reach, for the referral pages (slot `referral_exchange`)."""

from typing import Any

from django.urls import reverse

from integrations.models import Connection
from integrations.registry import providers
from integrations.selectors.connections import connection_pairs


def referral_exchange() -> dict[str, Any] | None:
    """Return the connected exchange, else one that could be connected, None when no provider is one.

    One that needs a person (a new key, a resume) counts as connected: what is sent waits and goes on by itself.
    """
    able = [one for one in providers() if one.referrals is not None]
    states = {one.key: row.state for one, row in connection_pairs() if row is not None}
    found = [
        {"key": one.key, "name": one.name, "url": reverse("integration", args=[one.key]),
         "stages": tuple(one.referrals.stages) if one.referrals else (),
         "connected": states.get(one.key, Connection.State.NOT_CONNECTED) != Connection.State.NOT_CONNECTED}
        for one in able
    ]  # fmt: skip
    return next((one for one in found if one["connected"]), found[0] if found else None)
