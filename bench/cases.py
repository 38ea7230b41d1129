"""Bringing running cases into the exchange: the product's import beside the guides' loop of calls and pauses.

Fair, because both create as many cases by the same call at the same stand-in, with the same delay and limit. The loop
is that of the integration guides: one call for each case, then a pause of 100 to 200 ms (150 here). It keeps nothing:
broken off, it cannot say which cases are there.
"""

import csv
import io
import time
import uuid
from dataclasses import dataclass
from statistics import median
from typing import Any

import requests

from bench.result import Result
from bench.size import Size
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.services import create_firm
from casehug.referrals.choices import Choices, save_choices
from casehug.referrals.models import Referral
from casehug.referrals.services.import_runs import start_import
from casehug.referrals.services.imports import check_file
from casehug.referrals.services.partners import save_partner
from harness.offices import wait_until
from harness.stack import Stack
from harness.standin import StandIn
from integrations.connections import keys, ways
from integrations.models import Connection

WORD, PAUSE_SECONDS, DELAY_MS, LEAST_SHARE = "Dog Bite Injuries", 0.15, 100, 2.5
NAMES = {"first": "client.firstName", "last": "client.lastName", "area": "caseType"}
COLUMNS = ("First name", "Last name", "Case type", "Partner firm ID")


def measure(stack: Stack, size: Size) -> Result:
    """Import the cases by the product and as many by the loop, in turn."""
    exchange = stack.start_exchange()
    exchange.control("POST", "reset")
    partner = _organization(exchange, "Theirs")
    firm, loop = Firm.connected(_organization(exchange, "Ours")), Loop(exchange, _organization(exchange, "Loop"))
    firm.knows(partner)
    exchange.control("PATCH", "switches", latency=DELAY_MS)
    rounds = min(size.rounds, 3)
    each = max(5, size.cases // rounds)
    ours, theirs = [], []
    for turn in range(rounds + 1):
        begun = time.monotonic()
        firm.bring(partner["id"], each, turn)
        middle = time.monotonic()
        loop.bring(partner["id"], each, turn)
        if turn:  # the first warms up
            ours.append(each / (middle - begun))
            theirs.append(each / (time.monotonic() - middle))
    return _result(rounds, each, ours, theirs, _counters(exchange, firm, loop, each * (rounds + 1)))


def _organization(exchange: StandIn, name: str) -> dict[str, Any]:
    return dict(exchange.control("POST", "organizations", name=name, network="bench"))


@dataclass(frozen=True)
class Firm:
    """A firm of the product, set up to import."""

    firm_id: uuid.UUID
    organization: str

    @classmethod
    def connected(cls, facts: dict[str, Any]) -> "Firm":
        """Connect a new firm with the keys of an organization and let its account be set up."""
        firm = cls(create_firm(name="Import", slug=f"import-{uuid.uuid4().hex[:8]}").id, facts["id"])
        values = {"organization_id": facts["id"], **{name: facts[name] for name in ("public_key", "private_key")}}
        keys.connect_with_keys(
            provider_key="lexamica", values=values, environment="sandbox", user_id=uuid.uuid4(), firm_id=firm.firm_id
        )
        with firm_scope(firm.firm_id):
            row = Connection.objects.get()
            ways.choose_ways(connection_id=row.id, patterns=("import",), mode="polling", minutes=1440)
            item = ways.ask_for_onboarding(row)
        wait_until(lambda: firm.status(item.id) == "done", seconds=60, what=lambda: firm.status(item.id))
        return firm

    def status(self, item_id: uuid.UUID) -> str:
        """Return how a row of work stands."""
        with firm_scope(self.firm_id):
            return str(WorkItem.objects.get(id=item_id).status)

    def knows(self, partner: dict[str, Any]) -> None:
        """Put the other firm into the address book, the case type into the vocabulary."""
        with firm_scope(self.firm_id):
            save_choices(Choices(vocabulary=(WORD,), case_types={}))
            save_partner(name=partner["name"], remote_id=partner["id"])

    def bring(self, partner: str, count: int, turn: int) -> None:
        """Import a list and wait until every case of it is there."""
        text = io.StringIO()
        csv.writer(text).writerows([COLUMNS, *(("Jordan", f"Vale {turn}.{n}", WORD, partner) for n in range(count))])
        with firm_scope(self.firm_id):
            start_import(case_import_id=check_file(data=text.getvalue().encode(), filename="cases.csv").id)
        wait_until(lambda: self.there() == count * (turn + 1), seconds=60 + count, what=lambda: f"{self.there()} came")

    def there(self) -> int:
        """Return how many cases are known to have arrived."""
        with firm_scope(self.firm_id):
            return int(Referral.objects.filter(sent_at__isnull=False).count())


class Loop:
    """What the guides show: a call, a pause, the next call."""

    def __init__(self, exchange: StandIn, facts: dict[str, Any]) -> None:
        self.organization, self._key = facts["id"], facts["public_key"]
        self._base, self._http = f"{exchange.url}/organization/{facts['id']}", requests.Session()
        self._http.trust_env = False
        fields = [{"source": ours, "target": theirs} for ours, theirs in NAMES.items()]
        made = self._post("mappings", {"name": "Case", "model": "Case", "fields": fields}, facts["private_key"])
        self._path = f"inbound-webhooks/case/{made['_id']}/create-existing"

    def bring(self, partner: str, count: int, turn: int) -> None:
        """Create the cases one after another, with a pause after each."""
        for number in range(count):
            case = {"first": "Jordan", "last": f"Lake {turn}.{number}", "area": WORD, "partnerFirmId": partner}
            self._post(self._path, case, self._key)
            time.sleep(PAUSE_SECONDS)

    def _post(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        answer = self._http.post(
            f"{self._base}/{path}", json=body, headers={"Authorization": f"Key {key}"}, timeout=30
        )
        answer.raise_for_status()
        return dict(answer.json())


def _counters(exchange: StandIn, firm: Firm, loop: Loop, expected: int) -> dict[str, int]:
    made = [
        exchange.control("GET", "ledger", organization=one)["cases"]["total"]
        for one in (firm.organization, loop.organization)
    ]
    asked = exchange.control("GET", "requests", limit=100_000)["requests"]
    return {
        "doubled": sum(max(0, one - expected) for one in made), "lost": sum(max(0, expected - one) for one in made),
        "refused": sum(1 for one in asked if one["status"] == 429),
    }  # fmt: skip


def _result(rounds: int, each: int, ours: list[float], theirs: list[float], counters: dict[str, int]) -> Result:
    share = median(a / b for a, b in zip(ours, theirs, strict=True))
    result = Result(
        "cases", "Bringing existing cases into the exchange",
        f"{rounds} rounds after one to warm up; in each {each} cases by the product's import, from the file to the last"
        f" answer, then as many by the guides' loop with a pause of {PAUSE_SECONDS * 1000:.0f} ms. The stand-in answers"
        f" after {DELAY_MS} ms and lets 10 calls a second pass.",
        ["who", "cases per second (median)", "lowest", "highest"],
        [["CaseHug's import", *_row(ours)], ["loop of the guides", *_row(theirs)]],
        counters=counters, raw={"casehug": ours, "loop": theirs},
    )  # fmt: skip
    result.aim("cases per second of the import, of the guides' loop", share, LEAST_SHARE, unit="×", least=True)
    return result


def _row(speeds: list[float]) -> list[str]:
    return [f"{one:.1f}" for one in (median(speeds), min(speeds), max(speeds))]
