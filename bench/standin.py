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


class StandIn:
    """Control calls on one kept connection."""

    def __init__(self, url: str) -> None:
        self.url, self._session = url, requests.Session()
        self._session.trust_env = False

    def control(self, method: str, path: str, **body: Any) -> Any:
        """Make a control call. Raises when it is refused."""
        answer = self._session.request(method, f"{self.url}/control/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def reset(self) -> None:
        """Empty it: no limit, no delay, and a repeated create makes a second record, so that it can be seen."""
        self.control("POST", "reset")
        self.control("PATCH", "switches", rate_limit="off", latency="off", contact_create="duplicate")

    def account(self) -> tuple[str, str]:
        """Set up a remote firm; return its id and a token for it."""
        account = str(self.control("POST", "accounts")["id"])
        return account, str(self.control("POST", f"accounts/{account}/token")["access_token"])

    def last(self) -> int:
        """Return the number of the newest call."""
        newest = self.control("GET", "requests", since=0, limit=1_000_000)["requests"]
        return int(newest[-1]["n"]) if newest else 0

    def arrived(self, account: str, *, since: int) -> list[Arrived]:
        """Return the calls of one account after call number `since`."""
        rows = self.control("GET", "requests", since=since, limit=1_000_000)["requests"]
        return [
            Arrived(row["n"], row["method"], row["path"], row["at"], row["at"] + (row["seconds"] or 0.0))
            for row in rows
            if str(row["account"]) == account
        ]

    def effects(self, account: str) -> Effects:
        """Return what the calls of one account made."""
        ledger = self.control("GET", "ledger", account=account)
        per_key = [*ledger["prospects"]["by_marker"].values(), *ledger["notes"]["by_marker"].values()]
        per_key += ledger["contacts"]["by_email"].values()
        totals = (ledger["contacts"]["total"], ledger["prospects"]["total"], ledger["notes"]["total"])
        return Effects(*totals, doubled=sum(count - 1 for count in per_key if count > 1))
