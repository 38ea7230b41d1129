"""The commands that touch a connection: what they do, what they print as JSON, and how they end."""

import io
import json
import os
import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from casehug.audit.models import AuditEntry
from casehug.common.command import Progress
from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_due
from casehug.firms.models import Firm
from integrations.inbound.endpoints import ensure_endpoint
from integrations.models import BulkRun, InboundEvent, WebhookDelivery, WebhookEndpoint
from tests.casehug.operations.test_figures import relays
from tests.integrations.desk import Desk
from tests.proofs.rows import make_row


def slug(desk: Desk) -> str:
    with firm_scope(desk.firm_id):
        return str(Firm.objects.get(id=desk.firm_id).slug)


def run(name: str, desk: Desk, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run a command with --json; return its document after checking its exit code and that it is one line."""
    out, ended = io.StringIO(), 0
    try:
        call_command(name, *arguments, "--firm", slug(desk), "--json", stdout=out)
    except CommandError as error:
        ended = error.returncode
    assert ended == code, out.getvalue()
    if not out.getvalue():
        return {}
    (line,) = out.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_sync_one_matter_and_all_that_were_never_synced(connected: Desk) -> None:
    run_due(firm_id=connected.firm_id)
    first, second = connected.matter(), connected.matter(title="Second matter")
    queued = run("sync", connected, public_id("mat", first))
    assert queued["counts"] == {"ready": 1} and queued["rows"][0]["run"].startswith("run_")
    done = run("sync", connected, public_id("mat", first), "--here")
    assert done["counts"] == {"done": 1} and done["rows"][0]["run"] == queued["rows"][0]["run"]
    assert run("sync", connected, "--unsynced", code=2) == {}
    with firm_scope(connected.firm_id):
        assert not WorkItem.objects.filter(subject_id=second).exists()
    rest = run("sync", connected, "--unsynced", "--confirm", "1", "--here")
    assert [row["matter"] for row in rest["rows"]] == [public_id("mat", second)]
    assert run("sync", connected, "--unsynced")["rows"] == []
    with firm_scope(connected.firm_id):
        assert WorkItem.objects.get(subject_id=second).lane == WorkItem.Lane.BULK
        assert {one.source for one in AuditEntry.objects.filter(action="sync.requested")} == {"command"}


def test_sync_says_when_not_everything_went(connected: Desk) -> None:
    run_due(firm_id=connected.firm_id)
    nobody = connected.matter(client=False)
    assert run("sync", connected, public_id("mat", nobody), "--here", code=1)["counts"] == {"dead": 1}
    waits = run("sync", connected, public_id("mat", connected.matter()), "--wait", "--timeout", "0", code=1)
    assert waits["counts"] == {"ready": 1}
    for wrong in ((), ("mat_nothing",), (str(uuid.uuid4()),), (public_id("mat", nobody), "--unsynced")):
        assert run("sync", connected, *wrong, code=2) == {}


def test_commands_need_a_firm_that_is_there_and_connected(desk: Desk) -> None:
    for name in ("sync", "plan", "pull_matters"):
        more = ["--unsynced"] if name == "sync" else []
        assert run(name, desk, *more, code=2) == {}
        with pytest.raises(CommandError) as caught:
            call_command(name, *more, "--firm", "nobody", stdout=io.StringIO())
        assert caught.value.returncode == 2


def test_plan_tells_what_would_happen_and_sends_nothing(connected: Desk) -> None:
    run_due(firm_id=connected.firm_id)
    connected.matter()
    connected.matter(title="Without a client", client=False)
    before = connected.twin.control("GET", "accounts/8101")
    plan = run("plan", connected, "--here")
    assert plan["status"] == "planned" and plan["actions"]["left_out"] == 1 and plan["sending"] == 1
    assert plan["total"] == plan["checked"] == 2 and plan["calls"]["most"] >= plan["calls"]["fewest"] > 0
    assert plan["plan"] in plan["url"]
    assert connected.twin.control("GET", "accounts/8101") == before
    assert run("plan", connected, "--timeout", "0", code=1)["status"] == "planning"
    with firm_scope(connected.firm_id):
        assert BulkRun.objects.count() == 2


def test_pull_matters_shows_what_is_linked(connected: Desk) -> None:
    run_due(firm_id=connected.firm_id)
    connected.twin.control("POST", "matters", account=8101, case_title="Only there", first_name="A", last_name="B",
                           email="ab@example.com")  # fmt: skip
    matter = public_id("mat", connected.matter())
    run("sync", connected, matter, "--here")
    found = run("pull_matters", connected)
    assert {row["title"]: row["matter"] for row in found["rows"]} == {"Only there": None, "Vale divorce": matter}
    assert (found["total"], found["linked"], found["more"]) == (2, 1, False)
    assert run("pull_matters", connected, "--pages", "0", code=2) == {}
    connected.change(state="needs_reconnect")
    connected.change(access_token=None, refresh_token=None)
    assert run("pull_matters", connected, code=1) == {}


def test_replay_of_incoming_events(connected: Desk) -> None:
    now = timezone.now()
    with firm_scope(connected.firm_id):
        row = connected.must()
        common = {"endpoint": ensure_endpoint(row), "connection": row, "source": "webhook", "verification": "verified",
                  "kind": "unknown", "payload": b"kept"}  # fmt: skip
        made = [
            InboundEvent.objects.create(
                event_id=f"e{number}", subject=uuid.uuid4(), received_at=now - timedelta(hours=number), result=result,
                **common,
            )
            for number, result in enumerate(("failed", "logged", "failed", ""))
        ]  # fmt: skip
    names = [public_id("ine", one.id) for one in made]
    assert run("replay", connected, "events", names[0]) == {
        "firm": slug(connected), "what": "events", "again": 1, "not_possible": 0
    }  # fmt: skip
    assert run("replay", connected, "events", names[0], names[3], code=1)["not_possible"] == 2
    since = (now - timedelta(hours=5)).isoformat()
    assert run("replay", connected, "events", "--since", since, "--failed")["again"] == 1
    assert run("replay", connected, "events", "--since", since)["again"] == 1
    assert run("replay", connected, "events", code=2) == run("replay", connected, "events", "--since", "x", code=2)
    with firm_scope(connected.firm_id):
        assert AuditEntry.objects.filter(action="inbound_event.replayed").count() == 3


def test_replay_of_deliveries(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        receiver = make_row(WebhookEndpoint)
        made = [
            WebhookDelivery.objects.create(
                endpoint=receiver, event_id=uuid.uuid4(), event_type="matter.created", occurred_at=timezone.now(),
                digest=b"x", body=b"kept", status=status,
            )
            for status in ("gave_up", "gave_up", "delivered")
        ]  # fmt: skip
    name = public_id("whd", made[2].id)
    assert run("replay", connected, "deliveries", name)["again"] == 1
    assert run("replay", connected, "deliveries", name, code=1)["not_possible"] == 1
    more = ("--receiver", public_id("wh", receiver.id), "--since", "2020-01-01")
    assert run("replay", connected, "deliveries", *more)["again"] == 2
    for wrong in (("--since", "2020-01-01"), ("--receiver", public_id("wh", uuid.uuid4()), "--since", "2020-01-01")):
        assert run("replay", connected, "deliveries", *wrong, code=2) == {}


def test_doctor_looks_at_machine_parts_and_account(connected: Desk) -> None:
    run_due(firm_id=connected.firm_id)
    missing = not relays()  # the relay of the suite's own processes is connected once a test has started them
    found = run("doctor", connected, code=int(missing))
    assert found["machine"]["versions"]["Django"] and {part["key"] for part in found["parts"]} >= {"rights", "beat"}
    known = [fact for fact in found["account"]["facts"] if fact["value"]]
    assert len(known) >= 3 and found["account"]["provider"] == "lawmatics"
    assert [problem.split(":")[0] for problem in found["problems"]] == ["Relay"] * missing
    out = io.StringIO()
    call_command("doctor", "--json", stdout=out)
    assert set(json.loads(out.getvalue())) == {"machine", "problems"}


def test_doctor_finds_nothing_where_all_stands(connected: Desk) -> None:
    run_due(firm_id=connected.firm_id)
    with psycopg.connect(os.environ["DATABASE_RELAY_URL"], application_name="casehug-relay"):
        assert run("doctor", connected)["problems"] == []


def test_the_bar_is_drawn_on_a_terminal_only() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, drawn in ((Terminal(), True), (io.StringIO(), False)):
        bar = Progress("Synced", 4, stream)
        bar.step()
        bar.show(4)
        bar.end()
        assert ("4 of 4" in stream.getvalue()) is drawn and bool(stream.getvalue()) is drawn
