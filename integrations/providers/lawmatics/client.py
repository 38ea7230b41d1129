"""HTTP client of the Lawmatics Open API (docs.lawmatics.com, v1.21.0: errors, rate limits). Quirks: README.md."""

from collections.abc import Callable

from integrations.contract.http import Exchange, Gate
from integrations.providers.transport import HttpApi


class LawmaticsApi(HttpApi):
    """Opens with the bearer token of one firm. Paths start with `/v1`, also when the base URL ends in it."""

    def __init__(self, *, base_url: str, token: str, gate: Gate, observer: Callable[[str], None] | None = None) -> None:
        base = base_url.rstrip("/").removesuffix("/v1")
        super().__init__(base_url=base, headers={"Authorization": f"Bearer {token}"}, gate=gate, observer=observer)

    def error_text(self, exchange: Exchange) -> str:
        """Read `errors[].title/detail` where the body has them; 401 is empty, 429 and 5xx may be HTML."""
        body = exchange.json()
        errors = body.get("errors") if isinstance(body, dict) else None
        texts: list[str] = []
        for entry in errors if isinstance(errors, list) else []:
            if isinstance(entry, dict):
                parts = [str(entry[key]).strip() for key in ("title", "detail") if entry.get(key)]
                texts += [": ".join(dict.fromkeys(parts))] if parts else []
        return "; ".join(dict.fromkeys(texts))
