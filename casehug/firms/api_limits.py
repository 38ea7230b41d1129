"""How many requests a key or a person may make per minute, and the headers that say so."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from rest_framework import exceptions
from rest_framework.response import Response

from casehug.common import throttle

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Rate:
    """Where the caller stands in the window."""

    limit: int
    used: int
    seconds_left: int

    def stamp(self, response: Response) -> None:
        """Write the `RateLimit-…` headers."""
        response["RateLimit-Limit"] = str(self.limit)
        response["RateLimit-Remaining"] = str(max(0, self.limit - self.used))
        response["RateLimit-Reset"] = str(self.seconds_left)
        response["RateLimit-Policy"] = f"{self.limit};w={WINDOW_SECONDS}"


def count_request(owner_id: uuid.UUID) -> Rate:
    """Count one request of a key or person. Runs outside any transaction, so nobody waits for another's request."""
    used, left = throttle.count(name="api", key=str(owner_id), window_seconds=WINDOW_SECONDS)
    return Rate(settings.API_REQUESTS_PER_MINUTE, used, left)


def count_bad_key(address: str) -> None:
    """Count one unknown key of an address. Raises Throttled when there were too many."""
    limit = settings.API_BAD_KEYS_PER_MINUTE
    seconds = throttle.hit(name="api_bad_key", key=address, limit=limit, window_seconds=WINDOW_SECONDS)
    if seconds:
        raise exceptions.Throttled(wait=seconds)
