"""Behind a proxy the caller's own address counts; what the caller wrote into the header does not."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from casehug.firms.middleware import ClientAddressMiddleware

PROXY = "10.0.0.9"


def seen(forwarded: str | None) -> str:
    """Return the address that views see for a request that came through the proxy."""
    addresses: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        addresses.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    ClientAddressMiddleware(view)(RequestFactory().get("/", REMOTE_ADDR=PROXY, **headers))  # type: ignore[arg-type]
    return addresses[0]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),  # the first entry is the caller's own claim
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.8", "203.0.113.7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, None, PROXY),
        (2, "203.0.113.7", PROXY),  # fewer entries than proxies: one of them did not add its own
        (1, "unknown", PROXY),
        (1, "x" * 500, PROXY),
        (0, "203.0.113.7", PROXY),
    ],
)
def test_whose_address_counts(settings: Settings, proxies: int, forwarded: str | None, address: str) -> None:
    settings.CASEHUG_PROXIES = proxies
    assert seen(forwarded) == address
