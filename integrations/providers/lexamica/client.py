"""HTTP client of the Lexamica Integration API: two keys, in the header only, each call with its own."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from integrations.contract.auth import split_keys
from integrations.contract.errors import AccessRefused, NetworkTrouble, ProviderError, Refused
from integrations.contract.http import Exchange, Gate, OutgoingFile
from integrations.contract.records import SealedBody
from integrations.providers.lexamica import catalogue
from integrations.providers.multipart import Multipart, Payload
from integrations.providers.transport import HttpApi

HIDDEN = "***"
ORGANIZATION, PUBLIC, PRIVATE = "organization_id", "public_key", "private_key"
NOT_OURS = "not_ours"
"""A refusal of this one record, where its status alone would mean that the keys may do nothing at all."""
SAID = 200
"""Most characters of one sentence of an error body."""


class LexamicaApi(HttpApi):
    """Opens with the keys of one organization (`contract.auth.join_keys`). Paths carry the organization's placeholder.

    A path that the catalogue does not know raises `LookupError` before anything is sent: it has no key.
    """

    def __init__(self, *, base_url: str, token: str, gate: Gate, observer: Callable[[str], None] | None = None) -> None:
        super().__init__(base_url=base_url, headers={}, gate=gate, observer=observer)
        self._keys = split_keys(token)
        self.organization_id = self._keys.get(ORGANIZATION, "")
        self._in_flight: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"LexamicaApi({self.organization_id})"

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """GET and return the JSON object or list. Raises `contract.errors`."""
        exchange = self._call("GET", path, query, None, None)
        if exchange.failure or not 200 <= (exchange.status or 0) < 300:
            raise self.error_of(exchange)
        body = exchange.json()
        if not isinstance(body, dict | list):
            raise NetworkTrouble("The answer could not be read.", status=exchange.status, code="unreadable")
        return body

    def write(self, method: str, path: str, body: SealedBody, query: Mapping[str, str] | None = None) -> Exchange:
        """Send once. A webhook's secret in the body is kept out of whatever the answer repeats."""
        secret = body.payload.get(catalogue.text("webhook.fields.secret"))
        self._in_flight = (secret,) if isinstance(secret, str) and secret else ()
        return super().write(method, path, body, query)

    def upload(self, path: str, body: SealedBody, file: OutgoingFile) -> Exchange:
        """POST a file with its fields, once, with the patience a large one needs."""
        form = Multipart({name: str(one) for name, one in body.payload.items()}, catalogue.text("file.part_file"), file)
        seconds = float(catalogue.number("limits.file_timeout_seconds"))
        self._session.close()  # a kept connection may be dead already
        self.patience = (seconds, seconds)
        try:
            return self._call("POST", path, None, form, self._observer)
        finally:
            self.patience = None

    def error_text(self, exchange: Exchange) -> str:
        """Return message and details of the error envelope, without any key that it may repeat."""
        body = exchange.json()
        if not isinstance(body, dict):
            return ""
        word = {key: row["value"] for key, row in catalogue.entry("error_envelope").items()}
        parts, pair = [self._said(body.get(word["message"]))], (word["field"], word["field_message"])
        details = body.get(word["details"])
        for row in details if isinstance(details, list) else []:
            if isinstance(row, dict):
                parts.append(": ".join(filter(None, (self._said(row.get(name)) for name in pair))))
        return "; ".join(dict.fromkeys(filter(None, parts)))

    def error_of(self, exchange: Exchange) -> ProviderError:
        """Return the typed error; a refusal carries what the interface's own code means (`expired`), if it has one."""
        found, meaning = super().error_of(exchange), self._meaning(exchange)
        if isinstance(found, AccessRefused) and meaning == NOT_OURS:
            return Refused(found.detail, status=found.status, code=meaning)
        if meaning and isinstance(found, Refused):
            found.code = meaning
        return found

    def _meaning(self, exchange: Exchange) -> str:
        body = exchange.json()
        code = body.get(catalogue.text("error_envelope.code")) if isinstance(body, dict) else None
        return str(catalogue.entry("errors").get(code, {}).get("means", "")) if isinstance(code, str) else ""

    def _said(self, words: object) -> str:
        """Return one sentence of an answer: the keys go out before it is cut, so that no half of one stays."""
        words = words if isinstance(words, str) else ""
        for secret in (self._keys.get(PUBLIC, ""), self._keys.get(PRIVATE, ""), *self._in_flight):
            words = words.replace(secret, HIDDEN) if secret else words
        return " ".join(words.split())[:SAID]

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None, data: Payload,
        observer: Callable[[str], None] | None,
    ) -> Exchange:  # fmt: skip
        """Put in the organization and the key of this call; the key is gone again when it has ended."""
        key = self._keys.get(f"{catalogue.tier_of(method, path)}_key", "")
        placeholder = "{" + catalogue.text("auth.organization_parameter") + "}"
        self._secret_headers = {catalogue.text("auth.header"): catalogue.text("auth.value").replace("{key}", key)}
        try:
            full = path.replace(placeholder, quote(self.organization_id, safe=""))
            return super()._call(method, full, query, data, observer)
        finally:
            self._secret_headers = {}
