"""An exchange's news with repeats, disorder and drops, while the worker is SIGKILLed: 0 missed, 0 double, by ids.

Real webhooks of the stand-in to the real web server, real relay, broker and worker; what was dropped is healed by
looking for kept events. Counted outside: the stand-in's events and records against the rows of the product.
Sabotage: news that count as processed before they are applied are lost with the worker.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_django import Settings

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.outbox.models import OutboxEvent
from casehug.referrals.choices import Choices, save_choices
from casehug.referrals.models import CaseUpdate, Invitation, Referral
from harness.offices import wait_until
from harness.size import LONG, pick
from integrations.connections import ways
from integrations.inbound import wake
from integrations.models import ExternalLink, InboundEndpoint, InboundEvent
from tests.integrations.referrals.conftest import WORD
from tests.integrations.referrals.desk import Desk
from tests.plugin.exchange import Exchange
from tests.plugin.stack import Stack
from tests.sandbox.lexamica.office import Office, invited

CASES, UPDATES, KILLS, PATIENCE = pick(3, 25), pick(11, 36), pick(1, 6), float(pick(120, 900))
FAST = {"CASEHUG_LEASE_SECONDS": "2"}
OBSERVER = {"CASEHUG_CHECKPOINT_OBSERVERS": "tests.faults.sabotage.observe"}
FINAL = ("done", "dead", "cancelled")
CHAOS = {"webhook_duplicate": 0.2, "webhook_drop": 0.15, "webhook_reorder_seconds": 1, "webhook_wrong_signature": 0.02}


@dataclass
class Room:
    """One firm with its connection, the firm that sends it cases, and the worker that is killed."""

    stack: Stack
    exchange: Exchange
    desk: Desk
    sender: Office
    cases: dict[str, str] = field(default_factory=dict)
    kills: int = 0

    def open(self) -> "Room":
        """Let the real worker set the account up; only then is anything told."""
        with firm_scope(self.desk.firm_id):
            save_choices(Choices(vocabulary=(WORD,), case_types={WORD: "divorce_standard"}))
            connection = self.desk.connection()
            ways.choose_ways(connection_id=connection.id, patterns=("handler",), mode="webhooks", minutes=15)
        wait_until(lambda: ways.is_set_up(self.desk.connection()), seconds=PATIENCE, what=self._words)
        self.exchange.switch(**CHAOS)
        return self

    def tell(self, number: int) -> None:
        """One case with everything that is told about it."""
        case, invitation = invited(self.exchange, self.sender, last=f"Berg {number}", phone=f"+1 415 555 {number:04}")
        self.cases[case] = invitation
        self.exchange.control("POST", f"invitations/{invitation}/accept")
        for step in range(UPDATES):
            self.exchange.control("POST", f"cases/{case}/update", title=f"Step {step}", content=f"{number}.{step}")

    def kill(self, env: dict[str, str] | None = None) -> bool:
        """SIGKILL the worker in the midst of news and start another; False when there is nothing to do any more."""
        end = time.monotonic() + 20
        while not self._rows("running"):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        self.stack.kill_worker()
        self.stack.restart_worker(FAST | (env or {}))
        self.kills += 1
        return True

    def _rows(self, *status: str) -> int:
        with firm_scope(self.desk.firm_id):
            return int(WorkItem.objects.filter(kind="inbound_news", status__in=status).count())

    def _words(self) -> str:
        with firm_scope(self.desk.firm_id):
            open_rows = WorkItem.objects.exclude(status__in=FINAL)
            return str(list(open_rows.values_list("kind", "status", "last_error_text")))

    def quiet(self) -> bool:
        """Whether every webhook has left, every kept event is known, and everything that came is processed."""
        with firm_scope(self.desk.firm_id):
            waiting = InboundEvent.objects.filter(result="").exists()
            open_rows = WorkItem.objects.filter(kind__in=("inbound_news", wake.POLL)).exclude(status__in=FINAL)
            if waiting or open_rows.exists():
                return False
            known = set(InboundEvent.objects.values_list("event_id", flat=True))
        return self.kept() <= known and not any(one["state"] == "waiting" for one in self.pushed())

    def done(self) -> int:
        """How many events count as applied."""
        with firm_scope(self.desk.firm_id):
            return int(InboundEvent.objects.filter(result="applied").count())

    def pushed(self) -> list[dict[str, Any]]:
        """Every delivery of the stand-in to this firm, the dropped ones too."""
        found = self.exchange.control("GET", "deliveries", organization=self.desk.facts["id"], limit=5000)
        return list(found["deliveries"])

    def kept(self) -> set[str]:
        """Ids of the events the stand-in keeps for this firm."""
        found: set[str] = set()
        headers, number = {"Authorization": f"Key {self.desk.facts['private_key']}"}, 1
        url = f"{self.exchange.url}/organization/{self.desk.facts['id']}/stored-events"
        while True:
            page = self.exchange.http.get(url, headers=headers, params={"page": number, "limit": 200}).json()
            found |= {f"stored_{row['_id']}" for row in page["data"]}
            number += 1
            if len(page["data"]) < page["limit"]:
                return found

    def look(self) -> None:
        """Look for kept events, as the beat does from time to time."""
        with firm_scope(self.desk.firm_id):
            wake.ask_for_poll(InboundEndpoint.objects.get())


@dataclass
class Found:
    """What the stand-in told against what the product holds."""

    events: int
    missed: int
    doubled: int
    failed: int


def count(room: Room) -> Found:
    """Compare by ids: events pushed and kept, cases, invitations, updates."""
    kept = room.kept()
    told = kept | {one["event_id"] for one in room.pushed() if one["state"] == "delivered"}
    records = [room.exchange.control("GET", f"cases/{case}") for case in room.cases]
    updates = {str(one["_id"]) for record in records for one in record["updates"]}
    with firm_scope(room.desk.firm_id):
        events = Counter(InboundEvent.objects.values_list("event_id", flat=True))
        contents = InboundEvent.objects.filter(result="applied").exclude(content="")
        applied = Counter(contents.values_list("matter_external_id", "content"))  # pushed and kept: applied once
        links = Counter(ExternalLink.objects.values_list("local_type", "external_id"))
        held = Counter(CaseUpdate.objects.values_list("own_key", flat=True))
        said = Counter(OutboxEvent.objects.filter(type="referral.update_received").values_list("subject_id", flat=True))
        rows = (Referral.objects.count(), Invitation.objects.filter(state="accepted").count())
        failed = InboundEvent.objects.filter(result__in=("", "failed", "no_matter")).count()
    wanted = {("referral", case) for case in room.cases} | {("invitation", one) for one in room.cases.values()}
    missed = len(told - set(events)) + len(updates - set(held)) + len(wanted - set(links))
    missed += sum(max(0, len(room.cases) - have) for have in rows)
    doubled = sum(n - 1 for found in (events, applied, links, held, said) for n in found.values())
    doubled += sum(max(0, have - len(room.cases)) for have in rows) + len(set(held) - updates)
    return Found(len(kept), missed, doubled, failed)


@pytest.fixture
def room(stack: Stack, exchange: Exchange, committed_db: None, settings: Settings) -> Iterator[Room]:
    settings.LEXAMICA_BASE_URL, settings.CASEHUG_LOCAL = exchange.url, True
    network = f"news-{time.time_ns()}"
    facts = dict(exchange.firm(name="Berg & Holm", network=network, invitation_seconds=86_400))
    sender = Office(exchange, name="Nordwind Law", network=network, handler=False, invitation_seconds=86_400)
    stack.restart_worker(FAST)
    yield Room(stack, exchange, Desk(exchange, facts).connect(), sender).open()
    stack.stop_one("beat")
    stack.restart_worker()


def test_a_thousand_events_none_missed_none_twice(room: Room, record_property: Callable[[str, object], None]) -> None:
    if LONG:
        room.stack.start_beat()
    for number in range(CASES):
        room.tell(number)
        if number * KILLS // CASES != (number + 1) * KILLS // CASES:
            assert room.kill(), "no news were under way: the kill would prove nothing"
    room.look()
    wait_until(room.quiet, seconds=PATIENCE, what=room._words)
    found, pushed = count(room), room.pushed()
    dropped = sum(one["state"] == "dropped" for one in pushed)
    record_property("trials", found.events)
    record_property(
        "measured", f"{found.events} events in {CASES} cases, {len(pushed)} webhooks of which {dropped} dropped,"
        f" {room.kills} kills: {found.missed} missed, {found.doubled} double, {found.failed} failed",
    )  # fmt: skip
    assert (found.missed, found.doubled, found.failed) == (0, 0, 0), found
    assert found.events >= pick(40, 1000) and dropped > 0 and len(pushed) > found.events and room.kills == KILLS


def test_sabotage_news_that_count_as_processed_too_early_are_lost(room: Room) -> None:
    """All comes by looking alone: what is both pushed and kept would heal itself."""
    room.exchange.switch(webhook_drop=1)
    room.stack.restart_worker(FAST | OBSERVER | {"CASEHUG_SABOTAGE": "news_done_first"})
    room.tell(0)
    room.look()
    wait_until(lambda: room.done() > 0, seconds=PATIENCE, what=room._words)
    assert room.kill()
    wait_until(room.quiet, seconds=PATIENCE, what=room._words)
    assert count(room).missed > 0
