"""Lawmatics' webhooks (docs.lawmatics.com v1.22, help centre "Webhooks") and the list of changed matters."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.contract.changes import Change, Kind, MatterState
from integrations.contract.errors import NetworkTrouble, NotFound
from integrations.contract.http import Api
from integrations.contract.inbound import Headers, Inbound, PollPage, RawItem
from integrations.contract.signatures import Outcome, Verdict, matches, parse_hex_digest, parse_timestamp
from integrations.providers.lawmatics.reading import PAGE_SIZE, Resource, one, related_id, text

SIGNATURE, TIMESTAMP, EVENT_ID = "x-lawmatics-signature", "x-lawmatics-timestamp", "x-lawmatics-event-id"
WINDOW = timedelta(minutes=5)
POLLED = "poll.matter_changed"
FIELDS = "stage,status,sub_status,updated_at"
MOST_ID = 200

# Two vocabularies, one meaning (Lawmatics' catalogue and the names of CaseHug's own description).
ALIASES: Mapping[str, Kind] = {
    "matter.stage_changed": Kind.MATTER_STAGE,
    "matter.status_changed": Kind.MATTER_STAGE,
    "matter_status_changed": Kind.MATTER_STAGE,
    "matter.updated": Kind.MATTER_STAGE,
    "matter.converted": Kind.MATTER_STAGE,
    POLLED: Kind.MATTER_STAGE,
    "matter.created": Kind.MATTER_CREATED,
    "contact.created": Kind.CONTACT_CREATED,
    "contact.updated": Kind.CONTACT_CHANGED,
    "contact.merged": Kind.CONTACT_CHANGED,
    "contact.deleted": Kind.CONTACT_CHANGED,
    "form.submitted": Kind.FORM_SUBMITTED,
    "envelope.completed": Kind.ENVELOPE_COMPLETED,
    "document.signed": Kind.ENVELOPE_COMPLETED,
    "matter.note_added": Kind.MATTER_ACTIVITY,
    "matter.task_completed": Kind.MATTER_ACTIVITY,
    "invoice.created": Kind.INVOICE,
    "invoice.paid": Kind.INVOICE,
}
VAGUE = ("matter.updated", POLLED)
LOST = {"contact.merged": "merged", "contact.deleted": "deleted"}


def verify(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Verdict:
    """Check `sha256=<hex>` of HMAC-SHA256(secret, `<timestamp>.<raw body>`), then the age: ±5 minutes."""
    event_id = _id(headers.get(EVENT_ID)) or _id(_read(body).get("event_id"))
    signature, stamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if not signature or not stamp:
        return Verdict(Outcome.MISSING, "It came without a signature or without its time.", event_id)
    prefix, _, rest = signature.partition("=")
    given, seconds = parse_hex_digest(rest), parse_timestamp(stamp)
    if prefix != "sha256" or given is None or seconds is None:
        return Verdict(Outcome.INVALID, "Its signature is not in the form Lawmatics uses.", event_id)
    if not matches(secrets, stamp.encode() + b"." + body, given):
        words = "Its signature does not match any secret stored here." if secrets else "No secret is stored here yet."
        return Verdict(Outcome.INVALID, words, event_id)
    if abs(now.timestamp() - seconds) > WINDOW.total_seconds():
        return Verdict(Outcome.STALE, "It is authentic, but was signed more than five minutes away from now.", event_id)
    return Verdict(Outcome.VALID, "The signature matches.", event_id)


def parse(body: bytes) -> Change:
    """Return the neutral change of a body; one that cannot be read is `unknown`. Ids come as number or text."""
    read = _read(body)
    event_type = read.get("event_type")
    # Neither NUL nor half a surrogate pair can be stored; an odd name must still be kept and answered.
    name = "".join(filter(str.isprintable, event_type[:100])) if isinstance(event_type, str) else ""
    data = read.get("data")
    data = data if isinstance(data, Mapping) else {}
    return Change(
        kind=ALIASES.get(name.strip().lower(), Kind.UNKNOWN),
        event_type=name,
        event_id=_id(read.get("event_id")),
        remote_firm=_id(read.get("firm_id")),
        matter_id=_id(data.get("matter_id")) or _id(data.get("prospect_id")),
        contact_id=_id(data.get("contact_id")),
        occurred_at=_moment(read.get("timestamp")),
        explicit=name.strip().lower() not in VAGUE,
        contact_lost=LOST.get(name.strip().lower(), ""),
        state=_polled_state(data) if name == POLLED else None,
        extra=data,
    )


def read_matter(api: Api, matter_id: str) -> MatterState:
    """Read where a matter stands (`GET /v1/prospects/:id`, fields must be asked for). Raises `NotFound` and others."""
    resource = one(api.read(f"/v1/prospects/{matter_id}", {"fields": FIELDS}), "prospect")
    if resource is None:
        raise NotFound("Lawmatics does not know this matter.", status=404, code="not_found")
    return _state(resource)


def poll(api: Api, since: datetime, page: int) -> PollPage:
    """Read one page of matters, last changed first; `links` name wrong paths, so pages go by number."""
    query = {"fields": FIELDS, "sort_by": "updated_at", "sort_order": "desc", "page": str(page)}
    body = api.read("/v1/prospects", query)
    rows = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(rows, list):
        raise NetworkTrouble("The answer could not be read.", code="unreadable")
    states = [_state(row) for row in rows if isinstance(row, Mapping) and row.get("id")]
    meta = body.get("meta")
    total = meta.get("total_pages") if isinstance(meta, Mapping) else None
    last = page >= total if isinstance(total, int) else len(rows) < PAGE_SIZE
    # A row without a readable time is taken: nothing is decided from a missing one.
    fresh = [state for state in states if state.updated_at is None or state.updated_at >= since]
    times = [state.updated_at for state in states if state.updated_at is not None]
    return PollPage([_raw(state) for state in fresh], last or not rows or len(fresh) < len(states),
                    max(times, default=None))  # fmt: skip


def _raw(state: MatterState) -> RawItem:
    moment = state.updated_at.astimezone(UTC).isoformat() if state.updated_at else ""
    data = {"matter_id": state.id, "stage_id": state.stage_id, "sub_status": state.sub_status,
            "status": state.status, "updated_at": moment}  # fmt: skip
    # Times there may have full seconds only: what stood at that time is part of the id.
    mark = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
    event = {"event_id": f"poll_{state.id}_{mark}", "event_type": POLLED, "timestamp": moment, "data": data}
    return RawItem(str(event["event_id"]), json.dumps(event, ensure_ascii=False).encode(), state)


def _polled_state(data: Mapping[str, Any]) -> MatterState:
    return MatterState(
        _id(data.get("matter_id")), _id(data.get("stage_id")), str(data.get("sub_status") or ""),
        str(data.get("status") or ""), _moment(data.get("updated_at")),
    )  # fmt: skip


def _state(resource: Resource) -> MatterState:
    stage_id = related_id(resource, "stage")
    return MatterState(
        id=str(resource["id"]),
        stage_id=stage_id,
        sub_status=" ".join(text(resource, "sub_status").split())[:200],
        status=text(resource, "status").strip().lower()[:80],
        updated_at=_moment(text(resource, "updated_at")),
    )


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body.decode()) if body else {}
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, Mapping) else {}


def _id(value: object) -> str:
    """Return an id as text; numbers and texts of sane length only (`True` is no id)."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return ""
    if isinstance(value, int) and not 0 <= value < 2**63:
        return ""
    found = str(value).strip()
    return found if len(found) <= MOST_ID and found.isprintable() else ""


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None


INBOUND = Inbound(
    kept_headers=(SIGNATURE, TIMESTAMP, EVENT_ID, "user-agent", "content-type"),
    verify=verify,
    parse=parse,
    read_matter=read_matter,
    poll=poll,
    setup_steps=(
        "Webhooks need a Lawmatics Premium plan. Without it nothing is lost: changed stages are read regularly.",
        "In Lawmatics open Settings → Webhooks → Add New Webhook. A webhook carries one event type, so add one for each"
        " event type you want. Where your account offers matter.stage_changed, contact.created or envelope.completed,"
        " these work as well.",
        "Paste the address above as Endpoint URL. Lawmatics accepts HTTPS addresses only.",
        "Save it. Lawmatics shows the webhook's secret once: copy it and enter it below, with the webhook's name.",
        "Change a stage in Lawmatics. The event appears in the list below within seconds.",
    ),
    event_types=(
        "matter.updated", "matter.status_changed", "matter.converted", "form.submitted", "document.signed",
        "contact.merged", "contact.deleted",
    ),
)  # fmt: skip
