"""A firm at the stand-in for Lexamica as the tests play it: its keys, mappings in its own names, and calls."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from tests.plugin.exchange import Exchange  # the plugin is not there yet when conftest.py is read

NAMES: dict[str, dict[str, str]] = {
    "Case": {
        "case_id": "_id", "first": "client.firstName", "last": "client.lastName", "phone": "client.phone",
        "mail": "client.email", "area": "caseType", "day": "incident.date", "us_state": "incident.address.state",
        "story": "summary", "our_number": "externalId", "stage": "stage", "partner.id": "handler._id",
        "partner.name": "handler.name", "sender": "originator.name",
    },
    "CaseInvitation": {
        "invitation": "_id", "case_id": "referral._id", "expires_at": "expires", "yes": "accepted", "no": "declined",
        "thinking": "evaluating", "called": "contactAttempted", "met": "consultComplete", "over": "expired",
        "gone": "cancelled", "why": "declineReason", "remark": "note",
    },
    "CaseUpdate": {
        "update": "_id", "case_id": "referral._id", "head": "title", "text": "content", "at": "date",
        "step": "stage", "by": "author.firm._id",
    },
    "Attachment": {
        "file_id": "_id", "case_id": "referral._id", "link": "url", "file_name": "name", "kind": "contentType",
        "bytes": "size", "file_state": "status",
    },
    "CaseSettlement": {
        "settlement": "_id", "case_id": "referral._id", "gross": "grossAmount", "fee": "referralFee",
        "status": "status", "day": "settledAt",
    },
}  # fmt: skip
PERSON = {
    "first": "Ida", "last": "Berg", "phone": "+1 415 555 0100", "area": "Dog Bite Injuries", "day": "2026-01-03",
    "us_state": "CA", "story": "What happened?:\nA bite", "unknown_name": 1,
}  # fmt: skip
ACTIONS = "case-invitation/{CaseInvitation}/"


class Office:
    """One firm."""

    def __init__(self, exchange: Exchange, **spec: Any) -> None:
        self.exchange = exchange
        self.facts = exchange.firm(**spec)
        self.id, self.number = self.facts["id"], self.facts["number"]
        self.maps: dict[str, str] = {}

    def call(self, method: str, path: str, *, key: str = "public", **kwargs: Any) -> requests.Response:
        """A call below the organization's address with a key in the header; `{Model}` becomes that mapping's id."""
        for model in NAMES:
            if "{" + model + "}" in path:
                path = path.replace("{" + model + "}", self.mapping(model))
        headers = {"Authorization": f"Key {self.facts[f'{key}_key']}"} | kwargs.pop("headers", {})
        url = f"{self.exchange.url}/organization/{self.id}/{path}"
        return self.exchange.http.request(method, url, headers=headers, timeout=30, **kwargs)

    def inbound(self, path: str, body: dict[str, Any] | None = None, **kwargs: Any) -> requests.Response:
        """An inbound call."""
        if body is not None:
            kwargs["json"] = body
        return self.call("POST", f"inbound-webhooks/{path}", **kwargs)

    def mapping(self, model: str) -> str:
        """The id of this firm's mapping of a model, made at first use."""
        if model not in self.maps:
            fields = [{"source": ours, "target": theirs} for ours, theirs in NAMES[model].items()]
            made = self.call("POST", "mappings", key="private", json={"name": model, "model": model, "fields": fields})
            assert made.status_code == 201, made.text
            self.maps[model] = made.json()["_id"]
        return self.maps[model]

    def send(self, **changes: Any) -> dict[str, Any]:
        """Send a case; returns the mapped answer."""
        answer = self.inbound("case/{Case}/send", PERSON | changes)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def keep(self, event: str, model: str) -> str:
        """A stored-event subscription."""
        body = {"event": event, "mapping": self.mapping(model)}
        made = self.call("POST", "stored-event-subscriptions", key="private", json=body)
        assert made.status_code == 201, made.text
        return str(made.json()["_id"])

    def hook(self, event: str, model: str, url: str, secret: str = "only-for-tests-01") -> dict[str, Any]:
        """A webhook subscription."""
        body = {"event": event, "mapping": self.mapping(model), "url": url, "secret": secret}
        made = self.call("POST", "webhook-subscriptions", key="private", json=body)
        assert made.status_code == 201, made.text
        return dict(made.json())

    def stored(self, **query: Any) -> dict[str, Any]:
        """One page of stored events."""
        answer = self.call("GET", "stored-events", key="private", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def events(self) -> list[str]:
        """Names of the stored events, oldest first."""
        return [row["event"] for row in self.stored(limit=200)["data"]]

    def answer(self, action: str, invitation: str, **more: Any) -> requests.Response:
        """One of the five actions."""
        return self.inbound(ACTIONS + action, {"invitation": invitation} | more)


def digest(content: bytes) -> str:
    """How control routes name a content."""
    return hashlib.sha256(content).hexdigest()


def invitations(exchange: Exchange, case_id: str) -> list[dict[str, Any]]:
    """All invitations of a case."""
    return list(exchange.control("GET", f"cases/{case_id}")["invitations"])


def invited(exchange: Exchange, sender: Office, **changes: Any) -> tuple[str, str]:
    """A case sent and matched; returns its id and the invitation's."""
    case = sender.send(**changes)["case_id"]
    exchange.advance(3)
    return case, invitations(exchange, case)[-1]["id"]
