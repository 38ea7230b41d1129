"""A firm whose exchange tells it things: connected at the stand-in, fed by signed deliveries or by looking itself."""

import base64
import hashlib
import hmac
import json
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.test import Client as Browser

from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.common.work_runner import run_due, run_item
from casehug.referrals.models import Referral
from integrations.connections import keys, ways
from integrations.inbound import endpoints, wake
from integrations.models import Connection, ExternalLink, InboundEndpoint, InboundEvent
from tests.conftest import make_firm

KEY = "lexamica"
SECRET = "only-for-tests-of-deliveries"
Event = dict[str, Any]
"""One event of a tape: `name`, `event_id`, `at`, `data`."""


@dataclass
class Desk:
    """One firm of the product with its connection."""

    exchange: Any
    facts: dict[str, Any]
    firm_id: uuid.UUID = field(default_factory=lambda: uuid.UUID(str(make_firm("Berg").id)))
    path: str = ""

    def connect(self) -> "Desk":
        """Connect with the keys of the organization and store one secret for its webhooks."""
        values = {"organization_id": self.facts["id"]}
        values |= {name: self.facts[name] for name in ("public_key", "private_key")}
        keys.connect_with_keys(
            provider_key=KEY, values=values, environment="sandbox", user_id=uuid.uuid4(), firm_id=self.firm_id
        )
        with firm_scope(self.firm_id):
            Connection.objects.update(calls_per_minute=100_000)  # our own budget is not what is tested here
            endpoint = endpoints.ensure_endpoint(self.connection())
            endpoints.save_secret(endpoint_id=endpoint.id, label="all", value=Secret(SECRET), actor_id=None)
            self.path = "/" + endpoints.address(endpoint, KEY).split("/", 3)[3]
        return self

    def connection(self) -> Connection:
        """Read the connection."""
        with firm_scope(self.firm_id):
            return Connection.objects.get(provider=KEY)

    def set_up(self, *patterns: str, mode: str = "webhooks", minutes: int = 15) -> "Desk":
        """Let mappings and subscriptions be made there."""
        with firm_scope(self.firm_id):
            ways.choose_ways(connection_id=self.connection().id, patterns=patterns, mode=mode, minutes=minutes)
            item = ways.ask_for_onboarding(self.connection())
        assert run_item(item.id, self.firm_id) == "done"
        return self

    def like(self, other: "Desk") -> "Desk":
        """Take over what another firm has set up in the same account."""
        known = other.connection()
        with firm_scope(self.firm_id):
            Connection.objects.filter(provider=KEY).update(settings=known.settings, profile=known.profile)
        return self

    def post(self, body: bytes, headers: dict[str, str] | None = None, secret: str = SECRET, form: str = "hex") -> int:
        """Deliver raw bytes, signed."""
        mac = hmac.new(secret.encode(), body, hashlib.sha256)
        text = mac.hexdigest() if form == "hex" else base64.b64encode(mac.digest()).decode()
        answer = Browser().post(
            self.path, body, content_type="application/json",
            headers={"X-Lexamica-Signature": text, **(headers or {})},
        )  # fmt: skip
        return int(answer.status_code)

    def deliver(self, event: Event, *, bare: bool = False, work: bool = False) -> int:
        """Deliver one event of a tape as the exchange would."""
        headers = {"X-Lexamica-Event": event["name"], "X-Lexamica-Delivery": event["event_id"],
                   "X-Lexamica-Timestamp": event["at"]}  # fmt: skip
        whole = {"event": event["name"], "eventId": event["event_id"], "timestamp": event["at"],
                 "organizationId": self.facts["id"], "data": event["data"]}  # fmt: skip
        code = self.post(json.dumps(event["data"] if bare else whole).encode(), headers)
        if work:
            self.work()
        return code

    def deliver_shuffled(self, tape: list[Event], *, seed: int) -> None:
        """Deliver a tape in any order, a third of it twice, with work now and then between."""
        chance = random.Random(seed)
        order = [*tape, *chance.sample(tape, len(tape) // 3)]
        chance.shuffle(order)
        for event in order:
            self.deliver(event, work=chance.random() < 0.3)
        self.work()

    def look(self) -> str:
        """Poll now; returns how the row stands then."""
        with firm_scope(self.firm_id):
            item = wake.ask_for_poll(InboundEndpoint.objects.get())
        return run_item(item.id, self.firm_id)

    def work(self) -> int:
        """Run everything that is due."""
        return run_due(firm_id=self.firm_id, limit=5000)

    def results(self) -> dict[str, int]:
        """Count the events by result."""
        found: dict[str, int] = {}
        with firm_scope(self.firm_id):
            for result in InboundEvent.objects.values_list("result", flat=True):
                found[result] = found.get(result, 0) + 1
        return found

    def sent_case(self, case_id: str, **values: Any) -> uuid.UUID:
        """Put down a case that this firm has sent before."""
        with firm_scope(self.firm_id):
            row = Referral.objects.create(direction="out", state="matching", provider=KEY, **values)
            connection = self.connection()
            ExternalLink.objects.create(
                connection=connection, remote_firm=connection.remote_firm, local_type="referral", local_id=row.id,
                external_id=case_id,
            )  # fmt: skip
            return uuid.UUID(str(row.id))

    def only(self) -> Referral:
        """Read the one referral there is."""
        with firm_scope(self.firm_id):
            return Referral.objects.get()


def tape_of(exchange: Any, facts: dict[str, Any]) -> list[Event]:
    """Return what the stand-in pushes to an organization, oldest first."""
    found = exchange.control("GET", "deliveries", organization=facts["id"], limit=2000)["deliveries"]
    return [{name: one[name] for name in ("name", "event_id", "at", "data")} for one in reversed(found)]


def state_of(firm_id: uuid.UUID) -> dict[str, Any]:
    """Return everything a firm holds of its referrals, by the exchange's ids, without local ids and our own times.

    Times that only the way of an event knows (when it was pushed or kept) count as told or not told.
    """
    with firm_scope(firm_id):
        ids = {link.local_id: f"{link.local_type}:{link.external_id}" for link in ExternalLink.objects.all()}
        return {ids.get(row.id, "?"): _case(row, ids) for row in Referral.objects.all()}


def state_hash(firm_id: uuid.UUID) -> str:
    """Return the digest of `state_of`."""
    text = json.dumps(state_of(firm_id), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _case(row: Referral, ids: dict[uuid.UUID, str]) -> dict[str, Any]:
    plain = ("direction", "state", "first_name", "last_name", "email", "phone", "place", "summary", "case_type",
             "incident_date", "partner_name", "stage", "looks", "trouble", "is_import")  # fmt: skip
    told = ("sent_at", "update_due_at", "last_update_at", "matter_id")
    return {
        **{name: str(getattr(row, name)) for name in plain}, **{name: bool(getattr(row, name)) for name in told},
        "partner": row.partner.remote_id if row.partner else "",
        "invitations": sorted(
            (ids.get(one.id, "?"), one.state, str(one.received_at), str(one.expires_at), bool(one.evaluating_at),
             bool(one.contact_attempted_at), bool(one.consult_complete_at), bool(one.resolved_at))
            for one in row.invitations.all()
        ),
        "updates": sorted(
            (one.own_key, one.direction, one.state, one.title, one.content, one.stage, str(one.happened_at),
             one.author_name) for one in row.updates.all()
        ),
        "settlements": sorted(
            (one.own_key, one.status, str(one.gross), str(one.attorney_fee), str(one.referral_fee), str(one.expenses),
             one.note) for one in row.settlements.all()
        ),
        "files": sorted(
            (one.own_key, one.direction, one.state, one.name, "" if one.state == "removed" else one.sha256)
            for one in row.attachments.all()
        ),
    }  # fmt: skip
