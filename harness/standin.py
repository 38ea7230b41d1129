"""The control side of the stand-in: what arrived there and what it did, counted outside of the code under test."""

from dataclasses import dataclass
from typing import Any

import requests


@dataclass(frozen=True)
class Arrived:
    """One call as the stand-in saw it; times in Unix seconds."""

    n: int
    method: str
    path: str
    at: float
    answered: float


@dataclass(frozen=True)
class Effects:
    """Records made by calls: in all, and how many of them were made twice for one thing."""

    contacts: int
    matters: int
    notes: int
    doubled: int


@dataclass(frozen=True)
class Count:
    """What the ledger says about what was ordered: effects, doubled ones, missing ones."""

    contacts: int
    matters: int
    notes: int
    doubled: int
    lost: int


class StandIn:
    """Control calls on one kept connection."""

    def __init__(self, url: str) -> None:
        self.url, self._session = url, requests.Session()
        self._session.trust_env = False

    def control(self, verb: str, route: str, **body: Any) -> Any:
        """Make a control call that must succeed."""
        answer = self._session.request(verb, f"{self.url}/control/{route}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def reset(self, **switches: Any) -> None:
        """Empty it: no limit, no delay unless asked for; a repeated create makes a second record, so that it shows."""
        self.control("POST", "reset")
        plain = {"rate_limit": "off", "latency": "off", "contact_create": "duplicate"}
        self.control("PATCH", "switches", **plain | switches)

    def account(self) -> tuple[str, str]:
        """Set up a remote firm; return its id and a token for it."""
        account = str(self.control("POST", "accounts")["id"])
        return account, self.token(account)

    def token(self, account: str | int) -> str:
        """Return a token for a remote firm."""
        return str(self.control("POST", f"accounts/{account}/token")["access_token"])

    def ledger(self, account: str | None = None) -> dict[str, Any]:
        """Return what really happened there."""
        found: dict[str, Any] = self.control("GET", "ledger", **({"account": account} if account else {}))
        return found

    def requests(self, *, since: int = 0) -> list[dict[str, Any]]:
        """Return the calls after call number `since`, as the stand-in noted them."""
        found: list[dict[str, Any]] = self.control("GET", "requests", since=since, limit=1_000_000)["requests"]
        return found

    def last(self) -> int:
        """Return the number of the newest call."""
        newest = self.requests()
        return int(newest[-1]["n"]) if newest else 0

    def arrived(self, account: str, *, since: int) -> list[Arrived]:
        """Return the calls of one account after call number `since`."""
        return [
            Arrived(row["n"], row["method"], row["path"], row["at"], row["at"] + (row["seconds"] or 0.0))
            for row in self.requests(since=since)
            if str(row["account"]) == account
        ]

    def effects(self, account: str) -> Effects:
        """Return what the calls of one account made."""
        ledger = self.ledger(account)
        per_key = [*ledger["prospects"]["by_marker"].values(), *ledger["notes"]["by_marker"].values()]
        per_key += ledger["contacts"]["by_email"].values()
        totals = (ledger["contacts"]["total"], ledger["prospects"]["total"], ledger["notes"]["total"])
        return Effects(*totals, doubled=sum(count - 1 for count in per_key if count > 1))


def count(standin: StandIn, *, contacts: int, matters: int, notes: int | None = None) -> Count:
    """Compare the ledger with what was ordered."""
    ledger = standin.ledger()
    per_marker = [*ledger["prospects"]["by_marker"].values(), *ledger["notes"]["by_marker"].values()]
    made = (ledger["contacts"]["total"], ledger["prospects"]["total"], ledger["notes"]["total"])
    wanted = (contacts, matters, matters if notes is None else notes)
    doubled = sum(n - 1 for n in per_marker if n > 1) + max(0, made[0] - wanted[0])
    lost = sum(max(0, want - have) for want, have in zip(wanted, made, strict=True))
    return Count(*made, doubled, lost)
