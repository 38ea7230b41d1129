"""Work rows: one live row per subject, claims with lease and fence, settlements, final states."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from casehug.common import ticks, work, work_runner
from casehug.common.ids import uuid7
from casehug.common.models import DataKey, WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm


@pytest.fixture
def scope(firm: Firm):  # type: ignore[no-untyped-def]
    with firm_scope(firm.id):
        yield


def add(subject: uuid.UUID | None = None, **values: object) -> WorkItem:
    arguments = {"kind": "sync_matter", "queue": "sync", "subject_type": "matter", "subject_id": subject or uuid7()}
    return work.enqueue(**{**arguments, **values})  # type: ignore[arg-type]


def expire_lease(item: WorkItem) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_workitem SET lease_until = now() - interval '1 s' WHERE id = %s", [item.id])


def claimed(item: WorkItem, owner: str = "one") -> WorkItem:
    found = work.claim(item_id=item.id, owner=owner)
    assert found is not None
    return found


def test_ten_triggers_are_one_row_with_the_most_urgent_lane(scope: None) -> None:
    subject = uuid7()
    rows = [add(subject, lane=lane) for lane in (2, 2, 1, 0, 2, 1, 1, 2, 2, 2)]
    assert len({row.id for row in rows}) == 1
    assert (rows[-1].generation, rows[-1].lane) == (10, 0)


def test_a_trigger_during_the_run_brings_the_row_back(scope: None) -> None:
    item = claimed(add(subject := uuid7()))
    add(subject)
    assert work.settle(item, work.done()) == "ready"
    assert work.settle(claimed(item), work.done()) == "done"


def test_a_trigger_during_a_run_that_fails_is_not_forgotten(scope: None) -> None:
    item = claimed(add(subject := uuid7()))
    add(subject)  # the value was corrected and the button pressed while the old one was being refused
    refused = work.dead(error_class="validation", error_code="http_422", error_text="x")
    assert work.settle(item, refused) == "ready"
    again = claimed(item)
    assert again.finished_at is None
    assert work.settle(again, refused) == "dead"


def test_a_taken_row_is_not_taken_twice_and_comes_back_after_its_lease(scope: None) -> None:
    item = add()
    first = claimed(item)
    assert work.claim(item_id=item.id, owner="two") is None
    expire_lease(item)
    second = claimed(item, "two")
    assert second.fence == first.fence + 1
    with pytest.raises(work.LostClaim):
        work.settle(first, work.done())
    with pytest.raises(work.LostClaim):
        work.guard(first)
    assert work.settle(second, work.done()) == "done"


def test_a_row_that_kills_its_worker_five_times_is_poison(scope: None) -> None:
    item = add()
    for _ in range(work.MAX_CLAIMS):
        claimed(item)
        expire_lease(item)
    assert work.claim(item_id=item.id, owner="six") is None
    item.refresh_from_db()
    assert (item.status, item.last_error_code) == ("dead", "poison")


def test_waiting_uses_no_attempt_and_failing_does(scope: None) -> None:
    item = claimed(add())
    work.settle(item, work.wait(seconds=0))
    item = claimed(item)
    work.settle(item, work.retry(error_class="network", error_code="timeout", error_text="x", seconds=0))
    item.refresh_from_db()
    assert (item.status, item.attempts, item.claims) == ("ready", 1, 0)


def test_the_tenth_failure_is_final(scope: None) -> None:
    item = add()
    for _ in range(work.MAX_ATTEMPTS):
        status = work.settle(
            claimed(item), work.retry(error_class="network", error_code="t", error_text="x", seconds=0)
        )
    assert status == "dead"


def test_held_rows_resume_by_reason(scope: None) -> None:
    connection_id = uuid7()
    item = claimed(add(connection_id=connection_id))
    work.settle(item, work.hold(reason="reconnect"))
    assert work.resume_held(connection_id=connection_id, reasons=("paused",)) == 0
    assert work.resume_held(connection_id=connection_id, reasons=("reconnect",)) == 1
    claimed(item)


def test_one_writer_per_connection(scope: None) -> None:
    connection_id = uuid7()
    first, second = (add(connection_id=connection_id, writes=True) for _ in range(2))
    claimed(first)
    assert work.claim(item_id=second.id, owner="two") is None
    assert work.settle(WorkItem.objects.get(id=first.id), work.done()) == "done"
    claimed(second)


def test_a_ring_that_came_to_nothing_does_not_delay_the_next_one(scope: None) -> None:
    connection_id = uuid7()
    first, second = (add(connection_id=connection_id, writes=True) for _ in range(2))
    claimed(first)
    WorkItem.objects.filter(id=second.id).update(rung_at=work.database_now())
    assert work.claim(item_id=second.id, owner="two") is None
    assert WorkItem.objects.get(id=second.id).rung_at is None


def test_final_is_final(scope: None) -> None:
    item = claimed(add())
    work.settle(item, work.done())
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkItem.objects.filter(id=item.id).update(status="ready")


def test_backoff_stays_in_its_bounds() -> None:
    assert all(
        0 <= work.backoff_seconds(attempt) <= min(600, 2 * 2**attempt) for attempt in range(12) for _ in range(50)
    )


def test_what_a_run_left_for_its_end_is_written_with_its_settlement(firm: Firm, settings: Settings) -> None:
    settings.WORK_HANDLERS = {"left": "tests.casehug.common.test_work.leave_something"}
    with firm_scope(firm.id):
        whole, broken = (add(kind="left", trigger=how) for how in ("whole", "broken"))
    assert work_runner.run_item(whole.id, firm.id) == "done"
    assert work_runner.run_item(broken.id, firm.id) == "ready"  # a fault at the end is a fault of the run
    with firm_scope(firm.id):
        assert DataKey.objects.get().purpose == "left by whole"  # nothing half written of the other one
        assert WorkItem.objects.get(id=broken.id).last_error_code == "internal"


def leave_something(item: WorkItem) -> work.Settlement:
    """Handler: leaves a row for its end, and perhaps trips over the next one."""
    item.closing.append(lambda: DataKey.objects.create(purpose=f"left by {item.trigger}", kek_id="k", wrapped=b"x"))
    if item.trigger == "broken":
        item.closing.append(lambda: work.settle(None, work.done()))  # type: ignore[arg-type]
    return work.done()


def test_the_guard_of_an_intent_waits_for_the_disk(scope: None) -> None:
    item = claimed(add())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        assert work.guard(item) == work.guard(item, durable=True) == work.database_now()
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
    item.fence += 1
    with pytest.raises(work.LostClaim):
        work.guard(item, durable=True)


def test_a_lane_without_budget_is_not_claimed_and_a_more_urgent_one_is(scope: None) -> None:
    connection_id = uuid7()
    first, second = (add(connection_id=connection_id, lane=2) for _ in range(2))
    work.settle(claimed(first), work.wait(seconds=60, closes_lane=True))
    assert work.claim(item_id=second.id, owner="two") is None
    claimed(add(connection_id=connection_id, lane=0))
    claimed(add(connection_id=uuid7(), lane=2))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_gate SET closed_until = now()")
    claimed(second)


def test_two_connections_have_live_rows_for_the_same_subject(scope: None) -> None:
    subject = uuid7()
    rows = [add(subject, connection_id=each) for each in (uuid7(), uuid7(), None, None)]
    assert len({row.id for row in rows}) == 3


def test_finished_rows_go_after_ninety_days_in_parts(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "AT_ONCE", 2)
    with firm_scope(firm.id):
        kept, *old = [add() for _ in range(6)]
        ids = [row.id for row in old]
        WorkItem.objects.filter(id__in=ids).update(status="done", finished_at="2020-01-01T00:00:00Z")
    ticks.purge_finished_work()
    with firm_scope(firm.id):
        assert [row.id for row in WorkItem.objects.all()] == [kept.id]
