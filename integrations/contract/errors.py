"""Errors a provider call can end with. The class decides what happens next; texts never do."""


class ProviderError(Exception):
    """Base. `error_class` is one of auth, rate_limit, network, validation, configuration, unknown (CH-10)."""

    error_class = "unknown"

    def __init__(self, detail: str = "", *, status: int | None = None, code: str = "") -> None:
        super().__init__(detail or code or self.error_class)
        self.detail, self.status, self.code = detail, status, code


class AuthRejected(ProviderError):
    """401: the token is not accepted (any more)."""

    error_class = "auth"


class AccessRefused(ProviderError):
    """403: developer settings or plan do not allow this."""

    error_class = "configuration"


class Throttled(ProviderError):
    """The limit is reached: by the provider (429) or by our own budget before any byte was sent."""

    error_class = "rate_limit"

    def __init__(
        self,
        detail: str = "",
        *,
        seconds: float,
        by_provider: bool,
        status: int | None = None,
    ) -> None:
        super().__init__(detail, status=status, code="throttled")
        self.seconds, self.by_provider = seconds, by_provider


class NetworkTrouble(ProviderError):
    """Timeout, reset, 5xx or an unreadable answer to a read: try later."""

    error_class = "network"


class Refused(ProviderError):
    """400, 404, 409, 413, 422: the provider understood and declined; `detail` is its own text."""

    error_class = "validation"


class NotFound(Refused):
    """404 for a record that should exist."""


class Unfit(Refused):
    """Our own check before sending: the provider would decline this. Nothing was sent; `detail` is in our words."""
