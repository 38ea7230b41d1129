"""The examination finds out by reading which assumption an account follows; each switch of the stand-in turns one."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_due
from integrations.connections import services, upkeep
from integrations.connections.examine import Report, report_of
from integrations.contract.behaviour import known
from integrations.inbound.endpoints import ensure_endpoint
from integrations.models import Connection, InboundEvent
from integrations.providers.lawmatics.behaviour import BEHAVIOURS
from tests.integrations.desk import Desk

PAGE = "/settings/integrations/lawmatics/"
TWO_WAYS = [
    ("finder_not_found", "404", "finder_miss", "404"), ("finder_not_found", "null", "finder_miss", "null"),
    ("email_finder", "exact", "finder_match", "exact"), ("email_finder", "fuzzy", "finder_match", "fuzzy"),
    ("sub_status_effect", "linked", "sub_status_effect", "linked"),
    ("sub_status_effect", "independent", "sub_status_effect", "independent"),
    ("list_filters", "honoured", "contact_filter", "honoured"),
    ("list_filters", "ignored", "contact_filter", "ignored"),
    ("list_filters", "refused", "contact_filter", "refused"), ("list_filters", "honoured", "matter_filter", "honoured"),
    ("list_filters", "ignored", "matter_filter", "ignored"), ("list_filters", "refused", "matter_filter", "refused"),
    ("list_filters", "honoured", "activities", "listed"), ("list_filters", "refused", "activities", "refused"),
    ("shuffle_lists", "off", "changes", "dated"), ("shuffle_lists", "on", "changes", "unsorted"),
    ("custom_field_ids", "string", "field_ids", "string"), ("custom_field_ids", "int", "field_ids", "int"),
]  # fmt: skip


def populate(desk: Desk) -> None:
    """Give the account some life: contacts, dated matters, one with a sub-status that would move its status."""
    account = desk.twin.control("GET", "accounts/8101")
    hired = next(one for one in account["sub_status"] if one["status"] == "hired")
    field = next(one for one in account["custom_field"] if one["type"] == "Prospect" and one["field_type"] == "string")
    for number in range(8):
        made = desk.twin.control(
            "POST", "matters", account=8101, case_title=f"Matter {number}", first_name="Maya",
            last_name=f"Quill{number}", email=f"maya.quill{number}@example.com",
            custom_fields=[{"id": field["id"], "value": "blue"}],
        )  # fmt: skip
        if number == 3:
            desk.twin.control("POST", f"matters/{made['id']}", sub_status_id=hired["id"])


def examine(desk: Desk) -> dict[str, str]:
    report = services.examine_connection(connection=desk.must())
    assert report.stopped_by is None
    return {fact.key: fact.value for fact in report.facts}


@pytest.mark.parametrize(("switch", "value", "key", "found"), TWO_WAYS)
def test_a_switch_turns_a_finding(connected: Desk, switch: str, value: str, key: str, found: str) -> None:
    connected.twin.switch(**{switch: value})
    populate(connected)
    assert examine(connected)[key] == found
    assert known(connected.must().profile, key) == found


def test_it_only_reads_spends_little_and_names_nobody(connected: Desk) -> None:
    populate(connected)
    before = connected.twin.control("GET", "ledger")
    found = examine(connected)
    after = connected.twin.control("GET", "ledger")
    for kind in ("contacts", "prospects", "notes"):
        assert after[kind] == before[kind]
    made = [name for name, count in after["calls"].items() if count > before["calls"].get(name, 0)]
    assert made and all(name.startswith("GET ") for name in made)
    assert after["calls_total"] - before["calls_total"] <= 12
    assert set(found) == {one.key for one in BEHAVIOURS}
    assert "quill" not in str(connected.must().profile).lower(), "findings hold no names or addresses"


def test_an_empty_account_leaves_questions_open_and_old_answers_keep_their_age(connected: Desk) -> None:
    assert examine(connected)["changes"] == "" and known(connected.must().profile, "finder_miss") == "404"
    populate(connected)
    first = report_of_key(services.examine_connection(connection=connected.must()), "changes")
    assert first.value == "dated"
    connected.twin.control("POST", "reset", keep_connections=True)
    again = report_of_key(services.examine_connection(connection=connected.must()), "changes")
    assert (again.value, again.at) == ("dated", first.at)


def report_of_key(report: Report, key: str) -> Any:
    return next(fact for fact in report.facts if fact.key == key)


def test_what_was_seen_here_counts_too(connected: Desk) -> None:
    connected.change(token_lifetime=7200, learned_rate=41.0)
    with firm_scope(connected.firm_id):
        row = connected.must()
        endpoint = ensure_endpoint(row)
        for name in ("matter.updated", "matter.stage_changed", "form.submitted"):
            InboundEvent.objects.create(
                endpoint=endpoint, connection=row, source="webhook", verification="verified", event_id=name,
                event_type=name, kind="unknown", subject=uuid.uuid4(), received_at=row.connected_at,
            )  # fmt: skip
        Connection.objects.filter(id=row.id).update(profile={**row.profile, "note_target": "matter"})
    found = examine(connected)
    keys = ("token_end", "rate", "event_names", "notes")
    assert [found[key] for key in keys] == ["expiring", "41", "both", "matter"]


def test_a_rejected_access_stops_it_and_keeps_what_was_known(connected: Desk) -> None:
    examine(connected)
    connected.twin.control("POST", "accounts/8101/remove-app")
    report = services.examine_connection(connection=connected.must())
    assert report.stopped_by is not None and report.stopped_by.error_class == "auth"
    assert known(connected.must().profile, "finder_miss") == "404"


def test_the_page_asks_a_worker_and_the_fragment_ends(connected: Desk) -> None:
    assert "Not examined yet" in connected.admin.get(PAGE).content.decode()
    for _ in range(2):  # a double click is one examination
        assert connected.admin.post(f"{PAGE}behaviour/examine/").status_code == 302
    assert connected.admin.get(f"{PAGE}behaviour/").status_code == 200
    assert "Being examined" in connected.admin.get(PAGE).content.decode()
    assert connected.people["staff"].browser.post(f"{PAGE}behaviour/examine/").status_code == 403
    assert run_due(firm_id=connected.firm_id) == 1
    answer = connected.admin.get(f"{PAGE}behaviour/")
    assert answer.status_code == 286 and "It answers 404." in answer.content.decode()


def test_it_happens_by_itself_and_again_after_a_month(connected: Desk) -> None:
    assert upkeep.tick() == 0, "a new connection first sends what waited"
    with firm_scope(connected.firm_id):
        row = connected.must()
        connected.change(connected_at=row.connected_at - timedelta(minutes=11))
    assert upkeep.tick() == 1
    run_due(firm_id=connected.firm_id)
    assert upkeep.tick() == 0
    kept = connected.must().profile
    stamp = report_of(connected.must()).at
    assert stamp is not None
    kept["behaviour"]["asked_at"] = (stamp - timedelta(days=31)).isoformat()
    connected.change(profile=kept)
    assert upkeep.tick() == 1
