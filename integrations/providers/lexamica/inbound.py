"""Lexamica's deliveries: checked on their raw bytes, then read enveloped or bare into a neutral change."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from integrations.contract.changes import Change, Kind
from integrations.contract.inbound import Headers, Inbound
from integrations.contract.signatures import Outcome, Verdict, matches, parse_hex_digest, parse_timestamp
from integrations.providers.lexamica import catalogue, mapping
from integrations.providers.lexamica.stored import STORED

KINDS: Mapping[str, Kind] = {
    "case_created": Kind.REFERRAL_CREATED,
    "case_received": Kind.REFERRAL_RECEIVED,
    "case_edited": Kind.REFERRAL_CHANGED,
    "case_fields_updated": Kind.REFERRAL_CHANGED,
    "case_stage_changed": Kind.REFERRAL_STAGE,
    "case_deleted": Kind.REFERRAL_DELETED,
    "relay_matched": Kind.REFERRAL_MATCHED,
    "relay_rejected": Kind.REFERRAL_NO_PARTNER,
    "relay_missed": Kind.REFERRAL_ALL_DECLINED,
    "invitation_sent": Kind.REFERRAL_INVITATION,
    "invitation_received": Kind.REFERRAL_INVITATION,
    "invitation_accepted": Kind.REFERRAL_INVITATION,
    "invitation_declined": Kind.REFERRAL_INVITATION,
    "invitation_expired": Kind.REFERRAL_INVITATION,
    "invitation_evaluating": Kind.REFERRAL_INVITATION,
    "invitation_cancelled": Kind.REFERRAL_INVITATION,
    "invitation_contact_attempted": Kind.REFERRAL_INVITATION,
    "invitation_consult_complete": Kind.REFERRAL_INVITATION,
    "update_made": Kind.REFERRAL_UPDATE,
    "settlement": Kind.REFERRAL_SETTLEMENT,
    "settlement_completed": Kind.REFERRAL_SETTLEMENT,
    "attachment_uploaded": Kind.REFERRAL_FILE,
    "attachment_removed": Kind.REFERRAL_FILE,
}
REMOVED = "attachment_removed"


@dataclass(frozen=True)
class SignatureProfile:
    """Where a signature stands and what it is made of. Header names in lower case; `window` only for a signed time."""

    header: str
    timestamp: str
    prefixes: Sequence[str]
    encodings: Sequence[str]
    template: str
    window: timedelta

    @property
    def signs_time(self) -> bool:
        """Tell whether the time is part of what is signed."""
        return "{timestamp}" in self.template

    def signed(self, stamp: str, body: bytes) -> bytes:
        """Return the signed bytes."""
        before, _, after = self.template.replace("{timestamp}", stamp).partition("{body}")
        return before.encode() + body + after.encode()


@cache
def profile() -> SignatureProfile:
    """Return the signature profile of the catalogue."""
    about = catalogue.entry("webhook.signature")
    return SignatureProfile(
        header=catalogue.text("webhook.headers.signature").lower(),
        timestamp=catalogue.text("webhook.headers.timestamp").lower(),
        prefixes=tuple(sorted(about["prefixes_accepted"]["value"], key=len, reverse=True)),
        encodings=tuple(about["encodings_accepted"]["value"]),
        template=about["template"]["value"],
        window=timedelta(seconds=int(about["window_seconds"]["value"])),
    )


def _header(name: str) -> str:
    return catalogue.text(f"webhook.headers.{name}").lower()


def verify(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Verdict:
    """Check a delivery with the profile of the catalogue."""
    return verify_with(profile(), headers, body, secrets, now)


def verify_with(
    rules: SignatureProfile, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime
) -> Verdict:
    """Check HMAC-SHA256 of the signed bytes against every live secret; whatever is malformed is invalid, no error."""
    event_id = _event_id(headers, body)
    text, stamp = headers.get(rules.header, ""), headers.get(rules.timestamp, "")
    if not text or (rules.signs_time and not stamp):
        return Verdict(Outcome.MISSING, "It came without a signature or without its time.", event_id)
    given, seconds = _digest(rules, text), _seconds(stamp)
    if given is None or (rules.signs_time and seconds is None):
        return Verdict(Outcome.INVALID, "Its signature is not in the form Lexamica uses.", event_id)
    if not matches(secrets, rules.signed(stamp if rules.signs_time else "", body), given):
        words = "Its signature does not match any secret stored here." if secrets else "No secret is stored here yet."
        return Verdict(Outcome.INVALID, words, event_id)
    if rules.signs_time and abs(now.timestamp() - (seconds or 0)) > rules.window.total_seconds():
        return Verdict(Outcome.STALE, "It is authentic, but was signed too long away from now.", event_id)
    return Verdict(Outcome.VALID, "The signature matches.", event_id)


def _seconds(stamp: str) -> float | None:
    """Return Unix seconds of a time in digits or ISO 8601, None for anything else."""
    moment = mapping.time(stamp)
    return moment.timestamp() if moment is not None else parse_timestamp(stamp)


def _digest(rules: SignatureProfile, text: str) -> bytes | None:
    for prefix in rules.prefixes:
        if text.startswith(prefix):
            rest = text[len(prefix) :]
            return parse_hex_digest(rest) if len(rest) == 64 and "hex" in rules.encodings else _base64(rules, rest)
    return None


def _base64(rules: SignatureProfile, text: str) -> bytes | None:
    """Return the 32 bytes behind 44 characters of base64 in its one right spelling, None for anything else."""
    if "base64" not in rules.encodings or len(text) != 44 or not text.isascii():
        return None
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == 32 and base64.b64encode(found).decode() == text else None


def _event_id(headers: Headers, body: bytes) -> str:
    """Return the id of an event: the signed body's own first, then the delivery's, else a hash of what it says."""
    named = mapping.key(_envelope(_read(body)).get("event_id")) or mapping.key(headers.get(_header("delivery")))
    if named:
        return named
    name = headers.get(_header("event"), "").encode(errors="replace")
    return "body_" + hashlib.sha256(name + b"\n" + body).hexdigest()


def parse(body: bytes) -> Change:
    """Return the neutral change of an enveloped body; a bare one does not name its event and is `unknown`."""
    return parse_delivery({}, body)


def parse_delivery(headers: Headers, body: bytes) -> Change:
    """Return the neutral change of a delivery, enveloped or bare. Unknown names are kept as `unknown`."""
    read = _read(body)
    envelope = _envelope(read)
    name = mapping.line(envelope.get("event") or headers.get(_header("event"), ""), 100)
    data = envelope.get("data") if envelope else read
    data = data if isinstance(data, Mapping) else {}
    at = mapping.time(envelope.get("timestamp")) or mapping.time(headers.get(_header("timestamp")))
    key = catalogue.event_key(name)
    kind = KINDS.get(key, Kind.UNKNOWN)
    known = kind is not Kind.UNKNOWN
    return Change(
        kind=kind,
        event_type=name,
        event_id=mapping.key(envelope.get("event_id")) or mapping.key(headers.get(_header("delivery"))),
        remote_firm=mapping.key(envelope.get("organization")),
        occurred_at=at,
        explicit=known,
        extra=data,
        news=mapping.news_of(catalogue.model_of(key), data, at, removed=key == REMOVED) if known else None,
    )


def _envelope(read: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of an envelope by our names, empty for a bare body."""
    names = {key: row["value"] for key, row in catalogue.entry("webhook.envelope_fields").items()}
    if names["event"] not in read or not isinstance(read.get(names["data"]), Mapping):
        return {}
    return {key: read.get(name) for key, name in names.items()}


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body.decode()) if body else {}
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, Mapping) else {}


INBOUND = Inbound(
    kept_headers=tuple(_header(name) for name in ("signature", "timestamp", "delivery", "event"))
    + ("user-agent", "content-type"),
    verify=verify,
    parse=parse,
    read_matter=None,
    poll=None,
    setup_steps=(
        "Nothing has to be done by hand: connecting sets up a webhook for each event, with a secret of its own.",
        "If a webhook was changed or deleted there, “Set up again” on the connection's page mends it.",
    ),
    event_types=tuple(catalogue.event_name(key) for key in KINDS),
    stored=STORED,
    parse_delivery=parse_delivery,
)
