"""What an event does: the status follows, whatever comes twice, late, reordered or as an echo; the rest is logged."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.models import Matter, StatusChange
from casehug.intake.services.matters import archive_matter
from casehug.outbox.models import OutboxEvent
from integrations import slots
from integrations.contract.changes import MatterState
from integrations.mappings.status import decide, status_table
from integrations.mappings.status_changes import reset_status, save_statuses
from integrations.models import Connection, ExternalLink, InboundEvent, MatterReading
from integrations.selectors import events as reads
from tests.integrations.inbound.conftest import Hook

Live = Callable[[], Hook]


def remote_matter(hook: Hook, stage: str = "") -> str:
    """Make a matter at the stand-in as its staff do."""
    assert hook.twin is not None
    made = hook.twin.control("POST", "matters", account=8101, first_name="Jordan", last_name="Vale",
                             email="jordan@example.com", case_title="Vale divorce")  # fmt: skip
    remote = str(made["id"])
    if stage:
        hook.twin.control("POST", f"matters/{remote}/stage", stage_name=stage)
    return remote


def move(hook: Hook, remote: str, stage: str) -> None:
    assert hook.twin is not None
    hook.twin.control("POST", f"matters/{remote}/stage", stage_name=stage)


def reading_calls(hook: Hook) -> int:
    assert hook.twin is not None
    return sum(count for route, count in hook.twin.calls().items() if "/v1/prospects/" in route)


@pytest.mark.parametrize("event_type", ["matter.stage_changed", "matter.status_changed", "matter.updated",
                                        "matter.converted"])  # fmt: skip
@pytest.mark.parametrize("key", ["matter_id", "prospect_id"])
def test_status_follows(live: Live, event_type: str, key: str) -> None:
    hook = live()
    hook.secret()
    remote = remote_matter(hook, "Retained")
    matter_id = hook.matter(remote)
    assert hook.send(event_type, **{key: int(remote) if key == "matter_id" else remote}) == 200
    assert hook.status(matter_id) == "pending"  # answered first, worked later
    hook.work()
    assert (hook.status(matter_id), hook.results()) == ("active", ["applied"])
    with firm_scope(hook.firm_id):
        change = StatusChange.objects.filter(matter_id=matter_id).latest("created_at")
        assert (change.source, change.to_status) == ("lawmatics", "active")
        event = OutboxEvent.objects.filter(type="matter.updated").latest("created_at")
        assert event.origin == f"connection:{hook.connection_id}"
        entries = slots.timeline(matter=Matter.objects.get(id=matter_id))
        assert any("stage or status changed" in str(entry["sentence"]) for entry in entries)


def test_many_events_are_one_read(live: Live) -> None:
    hook = live()
    hook.secret()
    remote = remote_matter(hook, "Retained")
    matter_id = hook.matter(remote)
    before = reading_calls(hook)
    for _ in range(12):
        assert hook.send("matter.updated", matter_id=int(remote)) == 200
    hook.work()
    assert reading_calls(hook) - before == 1
    assert hook.status(matter_id) == "active" and set(hook.results()) == {"applied"}
    with firm_scope(hook.firm_id):
        assert StatusChange.objects.filter(matter_id=matter_id, source="lawmatics").count() == 1


@pytest.mark.parametrize("seed", range(5))
def test_duplicate_reordered_late_and_echoed_converge(live: Live, seed: int) -> None:
    hook = live()
    hook.secret()
    remote = remote_matter(hook, "New Lead")
    matter_id = hook.matter(remote)
    rng = random.Random(seed)
    ids = [f"evt_{number}" for number in range(10)] * 2
    rng.shuffle(ids)
    stages = ["Retained", "New Lead", "Retained"]
    for number, event_id in enumerate(ids):
        if number % 6 == 5 and stages:
            move(hook, remote, stages.pop(0))
        name = rng.choice(["matter.stage_changed", "matter.updated"])
        assert hook.send(name, event_id=event_id, matter_id=int(remote)) == 200
        if rng.random() < 0.3:
            hook.work()
    assert hook.send("matter.stage_changed", event_id="evt_last", matter_id=int(remote)) == 200
    hook.work()
    assert hook.status(matter_id) == "active"
    assert set(hook.results()) <= {"applied", "nothing"} and len(hook.events()) == 11
    with firm_scope(hook.firm_id):
        changes = StatusChange.objects.filter(matter_id=matter_id, source="lawmatics").count()
        work = WorkItem.objects.filter(kind="sync_matter").count()
    hook.send("matter.updated", matter_id=int(remote))
    hook.work()
    with firm_scope(hook.firm_id):
        assert StatusChange.objects.filter(matter_id=matter_id, source="lawmatics").count() == changes
        assert work == 0, "a change that came in must not be sent back"


def test_an_older_answer_changes_nothing(live: Live) -> None:
    hook = live()
    hook.secret()
    remote = remote_matter(hook, "Retained")
    matter_id = hook.matter(remote)
    with firm_scope(hook.firm_id):
        MatterReading.objects.create(
            connection=Connection.objects.get(), remote_firm="8101", external_id=remote,
            remote_updated_at="2099-01-01T00:00:00Z",
        )  # fmt: skip
    hook.send("matter.stage_changed", matter_id=int(remote))
    hook.work()
    assert (hook.status(matter_id), hook.results()) == ("pending", ["nothing"])


def test_an_edit_of_something_else_does_not_undo_a_person(live: Live) -> None:
    from casehug.intake.services.matters import change_status

    hook = live()
    hook.secret()
    remote = remote_matter(hook, "Retained")
    matter_id = hook.matter(remote)
    hook.send("matter.stage_changed", matter_id=int(remote))
    hook.work()
    with firm_scope(hook.firm_id):
        change_status(matter_id=matter_id, to="closed")
    hook.send("matter.updated", matter_id=int(remote))
    hook.work()
    assert hook.status(matter_id) == "closed"
    hook.send("matter.stage_changed", matter_id=int(remote))
    hook.work()
    assert hook.status(matter_id) == "active"


def test_archived_is_never_changed(live: Live) -> None:
    hook = live()
    hook.secret()
    remote = remote_matter(hook, "Retained")
    matter_id = hook.matter(remote)
    with firm_scope(hook.firm_id):
        archive_matter(matter_id=matter_id)
    hook.send("matter.stage_changed", matter_id=int(remote))
    hook.work()
    assert (hook.status(matter_id), hook.results()) == ("archived", ["nothing"])
    assert "archived" in hook.events()[0].reason


def test_unlinked_deleted_and_unreachable(live: Live) -> None:
    hook = live()
    hook.secret()
    hook.send("matter.stage_changed", matter_id=424242)
    hook.work()
    hook.matter("515151")
    hook.send("matter.stage_changed", matter_id=515151)
    hook.work()
    assert hook.results() == ["no_matter", "logged"]
    remote = remote_matter(hook, "Retained")
    matter_id = hook.matter(remote)
    assert hook.twin is not None
    hook.twin.fault("status_before", "/v1/prospects*", method="GET", status=502, count=1)
    hook.send("matter.stage_changed", matter_id=int(remote))
    hook.work()
    assert hook.results()[-1] == ""
    with firm_scope(hook.firm_id):
        rows = WorkItem.objects.filter(kind="inbound_event", status="ready")
        assert rows.get().last_error_class == "network"
        rows.update(next_attempt_at="2020-01-01T00:00:00Z")
    hook.work()
    assert (hook.status(matter_id), hook.results()[-1]) == ("active", "applied")


def test_given_up_is_failed_and_a_repeat_tries_again(live: Live) -> None:
    hook = live()
    hook.secret()
    remote = remote_matter(hook, "Retained")
    matter_id = hook.matter(remote)
    assert hook.twin is not None
    hook.twin.fault("status_before", "/v1/prospects*", method="GET", status=502, count=1)
    hook.send("matter.stage_changed", event_id="evt_1", matter_id=int(remote))
    with firm_scope(hook.firm_id):
        WorkItem.objects.filter(kind="inbound_event").update(attempts=9)
    hook.work()
    assert hook.results() == ["failed"]
    hook.send("matter.stage_changed", event_id="evt_1", matter_id=int(remote))
    hook.work()
    assert (hook.results(), hook.status(matter_id)) == (["applied"], "active")


LOGGED = [
    ("contact.created", {"contact_id": "C"}), ("contact.updated", {"contact_id": "C"}),
    ("form.submitted", {"matter_id": "M", "custom_form_uuid": "x"}), ("envelope.completed", {"matter_id": "M"}),
    ("document.signed", {"matter_id": "M", "document_id": 3}), ("matter.created", {"matter_id": "M"}),
    ("matter.note_added", {"matter_id": "M"}),
]  # fmt: skip


@pytest.mark.parametrize(("event_type", "data"), LOGGED, ids=[name for name, _ in LOGGED])
def test_logged_on_the_timeline_without_a_change(hook: Hook, event_type: str, data: dict[str, Any]) -> None:
    hook.secret()
    matter_id = hook.matter("17")
    given = {key: {"C": 917, "M": 17}.get(str(value), value) for key, value in data.items()}
    assert hook.send(event_type, **given) == 200
    hook.work()
    assert (hook.results(), hook.status(matter_id)) == (["logged"], "pending")
    with firm_scope(hook.firm_id):
        entries = slots.timeline(matter=Matter.objects.get(id=matter_id))
        assert len(entries) == 1 and entries[0]["source"] == "Lawmatics"


@pytest.mark.parametrize("event_type", ["contact.merged", "contact.deleted"])
def test_a_lost_contact_flags_its_link(hook: Hook, event_type: str) -> None:
    hook.secret()
    hook.matter("17")
    hook.send(event_type, contact_id="917")
    hook.work()
    with firm_scope(hook.firm_id):
        link = ExternalLink.objects.get(local_type="contact")
        assert (link.needs_review, link.broken_at, link.external_id) == ("deleted_there", None, "917")


def test_another_accounts_event_is_only_logged(hook: Hook) -> None:
    hook.secret()
    matter_id = hook.matter("17")
    body = b'{"event_id": "evt_9", "firm_id": "8102", "event_type": "matter.converted", "data": {"matter_id": 17}}'
    assert hook.post(body, hook.signed(body)).status_code == 200
    hook.work()
    assert (hook.results(), hook.status(matter_id)) == (["logged"], "pending")


def test_precedence_and_defaults(live: Live) -> None:
    hook = live()
    with firm_scope(hook.firm_id):
        row = Connection.objects.get()
        table = status_table(row)
        new, retained = hook.stage("New Lead"), hook.stage("Retained")
        other = next(line.id for line in table.of("stage") if line.value == "next")

        def local(stage: str, status: str, sub_status: str = "") -> tuple[str, str]:
            found = decide(status_table(row), MatterState("1", stage, sub_status, status, datetime.now(UTC)))
            return found.status, found.by.partition(":")[0]

        assert local(retained, "pnc") == ("active", "stage")
        assert local(new, "hired") == ("pending", "stage")
        assert [local(other, one)[0] for one in ("pnc", "hired", "lost", "odd")] == ["pending", "active", "closed", ""]
        assert local("", "hired") == ("active", "status") and local("", "") == ("", "")
        sub = next(iter(table.of("sub_status")), None)
        if sub is not None:
            save_statuses(connection=row, changes={sub.key: "closed"})
            assert local(other, sub.parent, sub.name.upper()) == ("closed", "sub_status")
        assert save_statuses(connection=row, changes={f"stage:{retained}": "unchanged"}) == 1
        assert local(retained, "hired") == ("", "stage")
        line = reset_status(connection=row, key=f"stage:{retained}")
        assert line is not None and line.value == "active" and not line.chosen


def test_unmapped_is_offered_then_mapped_and_replayed(live: Live) -> None:
    hook = live()
    hook.secret()
    with firm_scope(hook.firm_id):
        line = next(row for row in status_table(Connection.objects.get()).of("stage") if row.value == "next")
    remote = remote_matter(hook, line.name)
    matter_id = hook.matter(remote)
    hook.send("matter.stage_changed", matter_id=int(remote))
    hook.work()
    with firm_scope(hook.firm_id):
        row = Connection.objects.get()
        assert [(one.stage_id, one.count) for one in reads.unmapped_stages(row)] == [(line.id, 1)]
        save_statuses(connection=row, changes={line.key: "closed"})
        from integrations.inbound.store import replay

        assert replay(InboundEvent.objects.get(), row)
    hook.work()
    assert (hook.status(matter_id), hook.results()) == ("closed", ["applied"])


def test_a_matter_of_another_firm_is_out_of_reach(live: Live) -> None:
    """The same remote id linked in two firms: an event of one never touches the other."""
    mine, theirs = live(), live()
    mine.secret()
    remote = remote_matter(mine, "Retained")
    here, there = mine.matter(remote), theirs.matter(remote)
    mine.send("matter.stage_changed", matter_id=int(remote))
    mine.work()
    theirs.work()
    assert (mine.status(here), theirs.status(there)) == ("active", "pending")
    assert theirs.events() == []
