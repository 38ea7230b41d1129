"""Polling exactly once: equal times, late rows, rows that slide between pages, and a stop at any point.

The list is a book in memory with many equal times; stops strike while a page is asked for, before and after its commit.
Sabotage: a cursor saved before the rows loses what a stop interrupts.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from harness.size import pick, seeds
from integrations.inbound import poller
from integrations.models import InboundEndpoint
from tests.integrations.inbound.conftest import Hook, hook
from tests.integrations.inbound.test_poller import NOW, Book, link_all, poll_only

__all__ = ["hook"]
EVENTS, STOPS = pick(200, 2500), pick(5, 60)


class Stopped(BaseException):
    """The process ends here."""


class Stops:
    """Stops the poll at drawn moments: while asking, before the commit of a page, or right after it."""

    def __init__(
        self, dice: random.Random, monkeypatch: pytest.MonkeyPatch, book: Book,
        asked: Callable[[Any], None] | None = None,
    ) -> None:  # fmt: skip
        self.armed, self.struck_at = "", asked or (lambda page: None)
        real_keep, real_poll, real_save = poller._keep, book.poll, work.save_progress

        def keep(*args: Any, **more: Any) -> bool:
            last = real_keep(*args, **more)
            self._strike("commit")  # inside the transaction: nothing of the page stays
            return last

        def save(*args: Any, **more: Any) -> None:
            self._strike("before")
            real_save(*args, **more)

        def poll(api: object, since: datetime, page: int) -> Any:
            if page > 1:
                self._strike("between")  # after the commit of the page before
            found = real_poll(api, since, page)
            self.struck_at(found)
            return found

        monkeypatch.setattr(poller, "_keep", keep)
        monkeypatch.setattr(work, "save_progress", save)
        declared: Any = type("Declared", (), {"poll": staticmethod(poll), "parse": staticmethod(poller_parse())})
        monkeypatch.setattr(poller, "inbound_of", lambda key: declared)
        self.dice = dice

    def arm(self) -> None:
        self.armed = self.dice.choice(("commit", "before", "between"))

    def _strike(self, where: str) -> None:
        if self.armed == where and self.dice.random() < 0.5:
            self.armed = ""
            raise Stopped(where)


def poller_parse() -> Any:
    from integrations.providers.lawmatics.inbound import parse

    return parse


def live_through(hook: Hook) -> None:
    """Let the lease of a stopped poll end."""
    with firm_scope(hook.firm_id):
        stopped = WorkItem.objects.filter(kind="inbound_poll", status="running")
        stopped.update(lease_until="2020-01-01T00:00:00Z", claims=0)


def run(hook: Hook, book: Book, stops: Stops, dice: random.Random, *, odd: float = 0.1) -> int:
    """Change matters in bursts and poll, stopped now and then; return how many stops struck."""
    number, struck = 0, 0
    clock = NOW
    while number < EVENTS:
        clock += timedelta(seconds=dice.choice((0, 0, 1, 30)))
        burst = min(dice.randint(1, 70), EVENTS - number)
        for _ in range(burst):
            late = timedelta(minutes=dice.uniform(0, 9)) if dice.random() < odd else timedelta()
            skew = timedelta(minutes=dice.uniform(-0.5, 0.5)) if dice.random() < odd else timedelta()
            book.put(number, clock - late + skew)
            number += 1
        if struck < STOPS:
            stops.arm()
        try:
            poll_only(hook)
        except Stopped:
            struck += 1
            live_through(hook)
        stops.armed = ""
    for _ in range(3):
        live_through(hook)
        poll_only(hook)
    return struck


@pytest.mark.parametrize("seed", seeds((3,), 4))
def test_nothing_missed_nothing_twice(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, seed: int, record_property: Callable[[str, object], None]
) -> None:
    dice = random.Random(seed)
    book = Book(monkeypatch)
    link_all(hook, EVENTS)
    struck = run(hook, book, Stops(dice, monkeypatch, book), dice)
    ids = sorted(int(event.matter_external_id) for event in hook.events())
    record_property("trials", EVENTS)
    record_property("seed", seed)
    record_property("measured", f"seed {seed}: {EVENTS} changes, {struck} stops, {len(set(ids))} seen")
    assert struck > 0, "no stop struck: the run proved nothing about them"
    assert ids == list(range(EVENTS))


@pytest.mark.parametrize("early", [False, True], ids=["cursor after the rows", "cursor before the rows"])
def test_sabotage_a_cursor_saved_before_the_rows_misses_some(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, early: bool
) -> None:
    """Without the overlap that hides it, the order alone has to hold; saved early, a stop loses what it interrupts."""
    monkeypatch.setattr(poller, "OVERLAP", timedelta())
    dice = random.Random(3)
    book = Book(monkeypatch)
    link_all(hook, EVENTS)

    def save_early(page: Any) -> None:
        if early and page.top:
            with firm_scope(hook.firm_id):
                InboundEndpoint.objects.filter(poll_cursor__isnull=True).update(poll_cursor=page.top)
                InboundEndpoint.objects.filter(poll_cursor__lt=page.top).update(poll_cursor=page.top)

    run(hook, book, Stops(dice, monkeypatch, book, save_early), dice, odd=0)
    seen = len({event.matter_external_id for event in hook.events()})
    assert (seen < EVENTS) if early else (seen == EVENTS)
