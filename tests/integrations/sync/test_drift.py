"""What changes under the mappings in the account: renamed is followed, deleted holds its own matters and no others."""

import json
import uuid
from typing import Any

import pytest

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from casehug.intake.models import CaseType
from integrations.mappings import drift
from integrations.mappings.drift import check_drift
from integrations.mappings.services import mapping_rows, reset_mappings, save_mappings
from integrations.mappings.status import status_table
from integrations.mappings.versions import recorded, versions_for
from integrations.models import (
    CaseTypeMapping,
    CatalogueItem,
    Connection,
    DriftNote,
    FieldMapping,
    SyncLog,
)
from tests.integrations.sync.office import Office
from tests.integrations.sync.test_guard import answer, map_field


def stage(office: Office, name: str) -> str:
    with firm_scope(office.firm_id):
        found = CatalogueItem.objects.filter(kind="stage", name=name, gone_at=None).order_by("position").first()
        assert found is not None
        return str(found.external_id)


def mapped_stage(office: Office, area: str = "family_law") -> str:
    with firm_scope(office.firm_id):
        return str(CaseTypeMapping.objects.get(case_type=f"area:{area}").stage_id)


def other_matter(office: Office, area: str = "personal_injury") -> uuid.UUID:
    """A matter of another practice area, mapped to another stage."""
    with firm_scope(office.firm_id):
        other = CaseType.objects.filter(practice_area=area).first()
        assert other is not None
    mine, office.case_type_id = office.case_type_id, other.id
    made = office.matter(office.client("rio@example.com", "Rio", "Stone"), title="Stone injury")
    office.case_type_id = mine
    return made


def remap(office: Office, gone: str, to: str) -> None:
    with firm_scope(office.firm_id):
        row = Connection.objects.get()
        keys = CaseTypeMapping.objects.filter(stage_id=gone).values_list("case_type", flat=True)
        save_mappings(connection=row, changes={key: {"stage_id": to} for key in keys})


def sent_matters(office: Office) -> list[dict[str, Any]]:
    """Bodies of the matters that were created there."""
    sent = office.twin.control("GET", "requests")["requests"]
    bodies = [one["body"] for one in sent if one["method"] == "POST" and one["path"].startswith("/v1/prospects")]
    return [body if isinstance(body, dict) else json.loads(body) for body in bodies]


def test_a_renamed_stage_is_followed_and_said(office: Office) -> None:
    target, retained = mapped_stage(office), stage(office, "Retained")
    office.twin.control("POST", f"stages/{target}", name="First meeting")
    office.twin.control("POST", f"stages/{retained}", name="Signed up")
    found = check_drift(connection=office.connection())
    assert any("is now called" in words and "First meeting" in words for words in found.changes)
    assert found.waiting == 0 and mapped_stage(office) == target
    assert office.sync(office.matter(office.client())).status == "done"
    with firm_scope(office.firm_id):
        row = Connection.objects.get()
        assert [note.change for note in drift.notes_for(row, "case_types")] == ["renamed"]
        line = next(one for one in status_table(row).rows if one.id == retained)
        assert line.value == "active", "the default went by name, the meaning must not"
        assert SyncLog.objects.filter(action="mapping.drift", error_code="renamed").count() == 2
        drift.close_notes(connection=row, mapping="case_types")
        assert drift.notes_for(row, "case_types") == []
    assert check_drift(connection=office.connection()).changes == []


def held_alone(office: Office) -> uuid.UUID:
    """Delete the mapped stage: its matter waits without a call, another one goes through. Returns the waiting row."""
    gone = mapped_stage(office)
    office.twin.control("POST", f"stages/{gone}/delete")
    assert "was deleted there" in " ".join(check_drift(connection=office.connection()).changes)
    item = office.press(office.matter(office.client()))
    other = office.press(other_matter(office))
    row = office.run(item)
    assert (row.status, row.hold_reason, row.last_error_code) == ("held", "mapping", "stage_gone")
    assert office.run(other).status == "done"
    assert office.twin.made() == (1, 1, 1)
    with firm_scope(office.firm_id):
        row_of = Connection.objects.get()
        proposal = drift.suggestion(row_of, "stage", "Family Law / Family Law Intake")
        assert proposal is not None and (proposal.parent, proposal.name) == ("Family Law", "New Lead")
        key = CaseType.objects.get(id=office.case_type_id).key
        CaseTypeMapping.objects.filter(case_type=key).update(stage_id="")
        assert [one.state for one in mapping_rows(row_of) if one.key == key] == ["gone"], "it follows what is gone"
    return item


def test_a_deleted_stage_holds_its_matters_until_the_remap(office: Office) -> None:
    gone = mapped_stage(office)
    item = held_alone(office)
    assert check_drift(connection=office.connection()).waiting == 1
    with firm_scope(office.firm_id):
        assert SyncLog.objects.filter(action="mapping.wait").count() == 1
        assert CaseTypeMapping.objects.filter(stage_id=gone).exists(), "a default is not guessed away"
    assert office.row(item).status == "held"
    remap(office, gone, stage(office, "Consultation Held"))
    assert office.run(item).status == "done"
    assert office.twin.made() == (2, 2, 2)
    with firm_scope(office.firm_id):
        assert drift.notes_for(Connection.objects.get(), "case_types") == [], "what is replaced needs no note"


def test_without_the_look_at_the_mapping_the_matter_would_be_sent(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage: nothing blocks, so the same story must fail."""
    monkeypatch.setattr("integrations.sync.outgoing.snapshots.blocker", lambda *given: None)
    with pytest.raises(AssertionError):
        held_alone(office)


def test_a_push_that_meets_a_deleted_stage_waits_as_well(office: Office) -> None:
    gone = mapped_stage(office)
    office.twin.control("POST", f"stages/{gone}/delete")
    row = office.run(office.press(office.matter(office.client())))
    assert (row.status, row.hold_reason, row.last_error_code) == ("held", "mapping", "stage_gone")
    assert office.twin.made()[:2] == (1, 0), "the matter is not sent without its stage"
    assert office.run(office.press(other_matter(office))).status == "done"
    remap(office, gone, stage(office, "Retained"))
    assert office.run(row.id).status == "done"
    assert office.twin.made()[:2] == (2, 2)


def test_a_deleted_field_holds_only_who_answered_it(office: Office) -> None:
    field = map_field(office, "matter", "nickname")
    asked, silent = office.matter(office.client()), other_matter(office)
    answer(office, asked, "nickname", "Jo")
    office.twin.control("POST", f"custom_fields/{field}/delete")
    check_drift(connection=office.connection())
    waiting = office.run(office.press(asked))
    assert (waiting.hold_reason, waiting.last_error_code) == ("mapping", "field_gone")
    assert office.run(office.press(silent)).status == "done"
    with firm_scope(office.firm_id), recorded(connection=office.connection(), kind="fields"):
        FieldMapping.objects.all().delete()
    assert office.run(waiting.id).status == "done"


def test_options_are_followed_by_id_and_a_deleted_one_holds(office: Office) -> None:
    field = map_field(office, "matter", "region", "list")
    account = office.twin.control("GET", "accounts/8101")
    options = next(one for one in account["custom_field"] if str(one["id"]) == field)["list_options"]
    north, south, west = options
    renamed = [{**north, "name": "Upper North"}, west]
    office.twin.control("POST", f"custom_fields/{field}", list_options=renamed)
    check_drift(connection=office.connection())
    first, second = office.matter(office.client()), other_matter(office)
    answer(office, first, "region", north["name"])
    answer(office, second, "region", south["name"])
    assert office.sync(first).status == "done"
    assert [body["custom_fields"][0]["value"] for body in sent_matters(office)] == ["Upper North"]
    row = office.run(office.press(second))
    assert (row.hold_reason, row.last_error_code) == ("mapping", "option_gone")
    office.twin.control("POST", f"custom_fields/{field}", list_options=[*renamed, south])
    check_drift(connection=office.connection())
    assert office.run(row.id).status == "done", "it goes on by itself when the option is back"


def test_a_sub_status_is_written_and_its_loss_holds(office: Office) -> None:
    with firm_scope(office.firm_id):
        sub = CatalogueItem.objects.filter(kind="sub_status", gone_at__isnull=True).first()
        assert sub is not None
        key = CaseType.objects.get(id=office.case_type_id).key
        save_mappings(connection=Connection.objects.get(), changes={key: {"sub_status_id": sub.external_id}})
    assert office.sync(office.matter(office.client())).status == "done"
    assert [body["sub_status_id"] for body in sent_matters(office)] == [int(sub.external_id)]
    office.twin.control("POST", f"sub_statuses/{sub.external_id}/delete")
    check_drift(connection=office.connection())
    row = office.run(office.press(office.matter(office.client("kim@example.com", "Kim", "Roe"))))
    assert (row.hold_reason, row.last_error_code) == ("mapping", "sub_status_gone")
    with firm_scope(office.firm_id):
        assert [one.state for one in mapping_rows(Connection.objects.get()) if one.key == key] == ["gone"]
        reset_mappings(connection=Connection.objects.get())
        assert len(versions_for(Connection.objects.get(), "case_types")) == 3
    assert office.run(row.id).status == "done"


def test_the_daily_look_asks_once_and_frees_what_waits_for_nothing(office: Office) -> None:
    assert drift.tick() == 0
    row = office.press(office.matter(office.client()))
    with firm_scope(office.firm_id):
        WorkItem.objects.filter(id=row).update(status="held", hold_reason="mapping")
        Connection.objects.update(catalogue_read_at=database_now() - drift.DAY * 2)
    assert drift.tick() == 1 and drift.tick() == 0
    assert office.row(row).status == "ready"
    office.turn()
    with firm_scope(office.firm_id):
        assert Connection.objects.get().catalogue_read_at > database_now() - drift.DAY
        assert DriftNote.objects.count() == 0
