"""Bulk syncs against the real stand-in: what the dry run says is what happens, and nothing else is sent."""

import time
import uuid
from collections.abc import Callable

import pytest
from pytest_django import Settings

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.intake.models import Matter
from casehug.intake.selectors.sync import matter_for_sync
from casehug.intake.services.matters import update_matter
from integrations.mappings.services import mapping_for
from integrations.models import BulkRow, BulkRun, CaseTypeMapping, ContactKey
from integrations.sync.bulk import services as bulk
from integrations.sync.bulk.drive import TRIAL_ROWS
from integrations.sync.bulk.outcomes import Counts, count
from tests.integrations.sync.office import Office


class Bulk:
    """A bulk run of an office, worked by this process."""

    def __init__(self, office: Office, matter_ids: list[uuid.UUID]) -> None:
        self.office = office
        with self.scope():
            self.id = bulk.start_plan(
                connection=office.connection(), matter_ids=matter_ids, choice="these", matched=len(matter_ids),
                name="Lawmatics", actor_id=None,
            ).id  # fmt: skip
        self.work(lambda: self.run.status != "planning")

    def scope(self) -> object:
        return firm_scope(self.office.firm_id)

    @property
    def run(self) -> BulkRun:
        with self.scope():
            return BulkRun.objects.get(id=self.id)

    def rows(self) -> list[BulkRow]:
        with self.scope():
            return list(BulkRow.objects.filter(run_id=self.id).order_by("position"))

    def counts(self) -> Counts:
        with self.scope():
            return count(self.run)

    def do(self, act: Callable[..., object], **more: object) -> object:
        with self.scope():
            return act(run_id=self.id, **more)

    def confirm(self) -> None:
        with self.scope():
            self.do(bulk.confirm, typed=str(bulk.sending(self.run)), actor_id=None)

    def work(self, until: Callable[[], bool], *, seconds: float = 40) -> None:
        """Run what is due, and the driver whether due or not, until something is so."""
        ends = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < ends, self.counts()
            with self.scope():
                WorkItem.objects.filter(kind="bulk", status="ready").update(next_attempt_at="2020-01-01T00:00:00Z")
            self.office.turn()
            time.sleep(0.01)

    def send(self, number: int) -> None:
        """Queue what may be queued, then let exactly so many syncs begin and end."""
        with self.scope():
            driver = WorkItem.objects.get(kind="bulk", status="ready")
            WorkItem.objects.filter(id=driver.id).update(next_attempt_at="2020-01-01T00:00:00Z")
        run_item(driver.id, self.office.firm_id)
        for row in [row for row in self.rows() if row.work_item_id][:number]:
            run_item(row.work_item_id, self.office.firm_id)

    def finish(self) -> None:
        self.work(lambda: self.run.status in BulkRun.FINAL)

    def calls(self) -> tuple[int, int]:
        rows = self.rows()
        return sum(row.calls for row in rows), sum(row.calls_most for row in rows)


def matters(office: Office, number: int, *, first: int = 0) -> list[uuid.UUID]:
    made = []
    for n in range(first, first + number):
        client = office.client(email=f"client.{n}@example.com", last=f"Vale {n}")
        made.append(office.matter(client, title=f"Vale {n}"))
    return made


def records_calls(office: Office) -> int:
    """Calls about contacts, matters and notes; a dry run only reads the account's stages and fields."""
    kinds = ("/contacts", "/prospects", "/notes", "/activities")
    return sum(number for route, number in office.twin.calls().items() if any(kind in route for kind in kinds))


def test_the_dry_run_says_exactly_what_happens(office: Office) -> None:
    client = office.client()
    linked = office.matter(client)
    office.sync(linked)  # contact, matter and note are there, and the account's first note is proven
    changed = office.matter(client, title="To be renamed")
    office.sync(changed)
    with firm_scope(office.firm_id):
        update_matter(matter_id=changed, title="Renamed")
    further = office.matter(client, title="Further matter")
    new, alone = matters(office, 1)[0], office.matter(None, title="Nobody yet")
    twin = office.client(email="client.0@example.com", last="Vale 0")
    same_person = office.matter(twin, title="Same person again")
    before = records_calls(office)

    plan = Bulk(office, [linked, changed, further, new, alone, same_person, uuid.uuid4()])

    assert records_calls(office) == before, "a dry run asks about no record"
    found = [(row.action, row.reason, row.calls, row.calls_most) for row in plan.rows()]
    assert found == [
        ("nothing", "", 0, 0), ("update", "", 1, 1), ("link", "", 2, 2), ("either", "", 3, 3),
        ("left_out", "no_client", 0, 0), ("link", "", 2, 2),
    ]  # fmt: skip
    plan.confirm()
    plan.finish()
    assert records_calls(office) - before == sum(row.calls for row in plan.rows()) == 8
    assert plan.counts() == Counts(total=6, done=4, left_out=1, nothing=1)
    assert office.twin.made() == (2, 5, 5)
    assert Bulk(office, [linked, changed, further, new, same_person]).calls() == (0, 0)


def test_looking_contacts_up_makes_the_counts_exact_and_is_not_paid_twice(office: Office) -> None:
    office.sync(office.matter(office.client(email="proof@example.com", last="Proof")))
    known, unknown = matters(office, 2)
    office.twin.control("POST", "contacts", email="client.0@example.com", first_name="Jordan", last_name="Vale 0")
    plan = Bulk(office, [known, unknown])
    assert [row.action for row in plan.rows()] == ["either", "either"]
    before = records_calls(office)
    plan.do(bulk.start_look)
    plan.work(lambda: plan.run.status == "planned")
    assert records_calls(office) - before == 2
    assert [(row.action, row.calls) for row in plan.rows()] == [("link", 2), ("create", 3)]
    plan.confirm()
    plan.finish()
    assert records_calls(office) - before == 2 + 5
    assert plan.counts().done == 2


def test_a_matter_that_changed_since_is_left_out_and_listed(office: Office) -> None:
    first, second = matters(office, 2)
    plan = Bulk(office, [first, second])
    with firm_scope(office.firm_id):
        update_matter(matter_id=first, title="Changed after the dry run")
    plan.confirm()
    plan.finish()
    assert plan.counts() == Counts(total=2, done=1, left_out=1)
    row = plan.rows()[0]
    assert (row.result, row.reason) == ("left_out", "plan_changed")
    assert office.twin.made()[1] == 1


def test_sabotage_without_the_ticket_the_changed_matter_is_sent(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    [only] = matters(office, 1)
    plan = Bulk(office, [only])
    with firm_scope(office.firm_id):
        update_matter(matter_id=only, title="Changed after the dry run")
    monkeypatch.setattr("integrations.sync.bulk.seal.ticket", lambda row: {})
    plan.confirm()
    plan.finish()
    assert plan.counts().done == 1


def test_a_changed_plan_or_mapping_starts_nothing(office: Office) -> None:
    plan = Bulk(office, matters(office, 1))
    with firm_scope(office.firm_id):
        BulkRow.objects.filter(run_id=plan.id).update(digest=b"x" * 32)
    with pytest.raises(bulk.BulkRefused, match="seal"):
        plan.confirm()
    with firm_scope(office.firm_id):
        CaseTypeMapping.objects.update(stage_id="999")
    with pytest.raises(bulk.BulkRefused, match="Mappings"):
        plan.confirm()
    with pytest.raises(bulk.BulkRefused, match="Type 1"):
        plan.do(bulk.confirm, typed="2", actor_id=None)
    assert office.twin.made() == (0, 0, 0)


def test_five_go_first_then_a_person_says_so_and_only_one_run_goes(office: Office) -> None:
    plan, other = Bulk(office, matters(office, 8)), Bulk(office, matters(office, 1, first=8))
    plan.confirm()
    with pytest.raises(bulk.BulkRefused, match="meanwhile"):
        plan.confirm()
    with pytest.raises(bulk.BulkRefused, match="Only one runs"):
        other.confirm()
    plan.work(lambda: plan.counts().done == TRIAL_ROWS)
    for _ in range(5):
        office.turn()
    assert plan.counts() == Counts(total=8, done=5, left=3, calls_left=9)
    plan.do(bulk.continue_run)
    plan.finish()
    assert plan.counts().done == 8 and office.twin.made() == (8, 8, 8)
    other.confirm()


def test_pause_takes_back_what_has_not_begun_and_stop_leaves_it_unsent(office: Office) -> None:
    office.change_connection(profile={"inline_note": True})
    plan = Bulk(office, matters(office, 4))
    plan.confirm()
    plan.send(1)
    plan.do(bulk.pause)
    office.turn()
    assert plan.counts() == Counts(total=4, done=1, left=3, calls_left=9) and plan.run.status == "paused"
    plan.do(bulk.resume)
    plan.send(2)
    plan.do(bulk.stop)
    plan.finish()
    assert plan.counts() == Counts(total=4, done=2, unsent=2) and plan.run.status == "stopped"
    assert office.twin.made() == (2, 2, 2)


def test_failures_are_listed_and_retried(office: Office) -> None:
    plan = Bulk(office, matters(office, 2))
    office.twin.fault("status_before", "/v1/contacts", status=422, count=2)
    plan.confirm()
    plan.finish()
    assert (plan.counts().done, plan.counts().failed) == (1, 1)
    assert next(row for row in plan.rows() if row.result == "failed").error_text
    plan.do(bulk.retry_failed, actor_id=None)
    plan.finish()
    assert plan.counts() == Counts(total=2, done=2)
    assert office.twin.made() == (2, 2, 2)


def test_a_matter_asked_for_by_somebody_else_is_theirs(office: Office) -> None:
    first, second = matters(office, 2)
    plan = Bulk(office, [first, second])
    pressed = office.press(first)  # queued, not begun
    plan.confirm()
    with firm_scope(office.firm_id):
        driver = WorkItem.objects.get(kind="bulk", status="ready")
    run_item(driver.id, office.firm_id)
    assert plan.rows()[0].reason == "under_way"
    office.press(second)  # joins the row of the bulk sync: from now on the latest state is wanted, at once
    with firm_scope(office.firm_id):
        update_matter(matter_id=second, title="Latest")
    plan.finish()
    assert office.row(pressed).status == "done"
    assert plan.counts() == Counts(total=2, done=1, left_out=1)
    assert office.twin.made()[1] == 2
    with firm_scope(office.firm_id):
        assert ContactKey.objects.exclude(holder_id=None).count() == 0
        assert Matter.objects.count() == 2


def test_a_known_limit_is_never_hit_and_a_cut_one_is_absorbed(office: Office, settings: Settings) -> None:
    minute = settings.LIMIT_MINUTE_SECONDS = 2.0
    office.twin.switch(rate_limit="150", rate_window_seconds=str(minute))
    office.change_connection(calls_per_minute=150, profile={"inline_note": True})
    plan = Bulk(office, matters(office, 60))
    assert plan.calls() == (180, 180)
    plan.confirm()
    plan.work(lambda: plan.counts().done == TRIAL_ROWS)
    plan.do(bulk.continue_run)
    plan.work(lambda: plan.counts().done >= 30)
    assert office.twin.control("GET", "ledger")["rejected_429"] == 0
    office.twin.switch(rate_limit="50")
    plan.finish()
    assert plan.counts() == Counts(total=60, done=60)
    assert office.twin.made() == (60, 60, 60)
    ledger = office.twin.control("GET", "ledger")
    assert ledger["calls_total"] - ledger["rejected_429"] >= 180 and ledger["rejected_429"] < 12


def test_the_account_is_read_for_drift_before_anything_is_planned(office: Office) -> None:
    """A stage that was deleted there since is met by the dry run, not by the first of many writes."""
    (matter,) = matters(office, 1)
    with firm_scope(office.firm_id):
        stage = mapping_for(office.connection(), matter_for_sync(matter)).stage_id
    office.twin.control("POST", f"stages/{stage}/delete")
    run = Bulk(office, [matter])
    assert [(row.action, row.reason) for row in run.rows()] == [("left_out", "mapping")] and run.run.trouble == ""
    office.twin.fault("status_before", "/v1/stages", method="GET", status=503)
    blind = Bulk(office, [matter])
    assert "could not be compared" in blind.run.trouble
    assert office.twin.made() == (0, 0, 0)
