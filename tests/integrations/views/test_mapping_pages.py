"""Case Type Mappings and Stage → Status as pages: review, reset, preview, versions, restore, export and import."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from casehug.audit.models import AuditEntry
from casehug.common.scope import firm_scope
from casehug.intake.models import CaseType
from integrations.connections.catalogue import mark_gone
from integrations.mappings.drift import sort_out
from integrations.mappings.versions import versions_for
from integrations.models import CaseTypeMapping, CatalogueItem, MappingVersion, StatusMapping
from integrations.selectors.setup import setup_steps
from tests.integrations.desk import PAGE, Desk

TYPES, STATUS, HISTORY = f"{PAGE}case-types/", f"{PAGE}status/", f"{PAGE}mappings/"
KEY = "area:family_law"


def text(desk: Desk, url: str, *, role: str = "admin", code: int = 200) -> str:
    answer = desk.people[role].browser.get(url)
    assert answer.status_code == code, answer.content[:500]
    return answer.content.decode()


def stages(desk: Desk) -> tuple[str, str]:
    """Return the stage that is mapped now, and another one."""
    with firm_scope(desk.firm_id):
        mapped = CaseTypeMapping.objects.get(case_type=KEY).stage_id
        other = CatalogueItem.objects.filter(kind="stage", name="Consultation Held").get().external_id
        return mapped, other


def mapped(desk: Desk) -> str:
    with firm_scope(desk.firm_id):
        return str(CaseTypeMapping.objects.get(case_type=KEY).stage_id)


def choose(desk: Desk, before: str, after: str, **more: str) -> Any:
    return desk.admin.post(TYPES, {f"stage:{KEY}": after, f"was-stage:{KEY}": before, **more})


def numbers(desk: Desk, kind: str = "case_types") -> list[int]:
    with firm_scope(desk.firm_id):
        return [one.number for one in versions_for(desk.must(), kind)]


def send(desk: Desk, kind: str, content: Any, **more: str) -> Any:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return desk.admin.post(f"{HISTORY}{kind}/import/", {"file": SimpleUploadedFile("m.json", raw), **more})


def test_changes_are_shown_before_they_are_saved(connected: Desk) -> None:
    before, after = stages(connected)
    connected.matter(title="Vale divorce")
    with firm_scope(connected.firm_id):
        CaseTypeMapping.objects.exclude(case_type__startswith="area:").update(stage_id="", origin="chosen")
    shown = choose(connected, before, after, step="review").content.decode()
    assert "Nothing is saved yet" in shown and "Consultation Held" in shown and "Vale divorce" in shown
    assert mapped(connected) == before and numbers(connected) == []
    again = choose(connected, before, after, step="edit").content.decode()
    assert f'<option value="{after}" selected>' in again, "what was chosen is not lost"
    assert choose(connected, before, before, step="review").status_code == 200
    assert choose(connected, before, after).status_code == 302 and mapped(connected) == after
    assert choose(connected, before, after).status_code == 302 and numbers(connected) == [2, 1], "twice is once"
    with firm_scope(connected.firm_id):
        assert AuditEntry.objects.filter(action="mapping.changed").count() == 1
        assert versions_for(connected.must(), "case_types")[0].actor_id == connected.people["admin"].user.id
    wrong = choose(connected, after, "999999", step="review")
    assert wrong.status_code == 422 and mapped(connected) == after


def test_preview_with_a_matter_and_reset_of_all(connected: Desk) -> None:
    before, after = stages(connected)
    connected.matter(title="Vale <b>divorce</b>")
    drawn = text(connected, f"{TYPES}?q=vale")
    assert "Vale &lt;b&gt;" in drawn and "Family Law Intake" in drawn
    assert "No matter has" in text(connected, f"{TYPES}?q=nothing%20like%20it")
    choose(connected, before, after)
    assert connected.admin.post(f"{TYPES}reset-all/").status_code == 302
    assert mapped(connected) == before and numbers(connected) == [3, 2, 1]
    connected.admin.post(f"{TYPES}reset-all/")
    assert numbers(connected) == [3, 2, 1]


def test_a_version_is_restored_on_top(connected: Desk) -> None:
    before, after = stages(connected)
    choose(connected, before, after)
    listed = text(connected, f"{HISTORY}case_types/", role="auditor")
    assert "As it was before the first change" in listed and "Only a firm admin may do this" in listed
    url = f"{HISTORY}case_types/1/"
    assert "Consultation Held" in text(connected, url)
    assert connected.people["auditor"].browser.post(url).status_code == 403
    assert connected.admin.post(url).status_code == 302
    assert mapped(connected) == before and numbers(connected) == [3, 2, 1]
    assert "The mappings are as in this version" in text(connected, url)
    text(connected, f"{HISTORY}case_types/99/", code=404)
    text(connected, f"{HISTORY}nonsense/", code=404)
    with firm_scope(connected.firm_id):
        assert AuditEntry.objects.filter(action="mapping.restored").count() == 1


def test_a_restore_leaves_what_is_gone_and_says_so(connected: Desk) -> None:
    before, after = stages(connected)
    choose(connected, before, after)
    with firm_scope(connected.firm_id):
        mark_gone(list(CatalogueItem.objects.filter(kind="stage", external_id=before)))
    drawn = text(connected, f"{HISTORY}case_types/1/")
    assert "Stays as it is now" in drawn and "does not exist in the connected account" in drawn
    connected.admin.post(f"{HISTORY}case_types/1/")
    assert mapped(connected) == after
    with firm_scope(connected.firm_id):
        MappingVersion.objects.create(connection=connected.must(), kind="case_types", number=9, remote_firm="77",
                                      snapshot=[])  # fmt: skip
    assert "belongs to another account" in text(connected, f"{HISTORY}case_types/9/")
    assert connected.admin.post(f"{HISTORY}case_types/9/").status_code == 422


def test_export_and_import_with_the_difference_first(connected: Desk) -> None:
    before, after = stages(connected)
    exported = json.loads(text(connected, f"{HISTORY}case_types/export/"))
    assert exported["schema"] == "casehug.mapping/1" and exported["kind"] == "case_types"
    row = next(one for one in exported["rows"] if one["key"] == KEY)
    row |= {"stage_id": after, "origin": "chosen", "stage_name": "A lie"}
    answer = send(connected, "case_types", exported)
    shown = answer.content.decode()
    plan = answer.context["plan"]
    assert "Consultation Held" in shown and mapped(connected) == before
    assert "A lie" not in str(plan.changes), "names come from the account, not from the file"
    form = {"content": answer.context["content"], "basis": plan.basis, "apply": "1"}
    stale = connected.admin.post(f"{HISTORY}case_types/import/", {**form, "basis": "old"})
    assert stale.status_code == 422 and mapped(connected) == before
    assert connected.admin.post(f"{HISTORY}case_types/import/", form).status_code == 302
    assert mapped(connected) == after and numbers(connected) == [2, 1]
    assert send(connected, "case_types", exported).context["plan"].changes == []


BAD_FILES: list[tuple[Any, str]] = [
    (b"\xff\xfe", "not text in UTF-8"),
    (b"{", "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (b"x" * 600_000, "too large"),
    ({"schema": "other"}, "must be"),
    ({"schema": "casehug.mapping/1", "kind": "status", "provider": "lawmatics", "rows": []}, "another mapping"),
    ({"rows": 7}, "must be a list"),
    ({"rows": ["x"]}, "not an object"),
    ({"rows": [{"stage_id": "1"}]}, "no “key”"),
    ({"rows": [{"key": KEY}, {"key": KEY}]}, "occurs twice"),
    ({"rows": [{"key": KEY, "client": "Jo"}]}, "Unknown property"),
    ({"rows": [{"key": KEY, "stage_id": 7}]}, "Must be text"),
    ({"rows": [{"key": KEY, "stage_id": "999999"}]}, "does not exist in the connected account"),
    ({"rows": [{"key": "area:moon"}]}, "no such case type"),
    ({"rows": [{"key": KEY, "origin": "guessed"}]}, "“origin” must be"),
    ({"rows": [{"key": "a\x00b"}]}, "cannot be stored"),
    ({"rows": [{"key": "a\ud800b"}]}, "cannot be stored"),
]


def test_a_bad_file_changes_nothing_and_says_why(connected: Desk) -> None:
    before = mapped(connected)
    for content, words in BAD_FILES:
        if isinstance(content, dict) and "schema" not in content:
            content = {"schema": "casehug.mapping/1", "kind": "case_types", "provider": "lawmatics", **content}
        answer = send(connected, "case_types", content)
        assert answer.status_code == 422 and words in answer.content.decode(), words
    assert mapped(connected) == before and numbers(connected) == []


def test_a_deleted_stage_is_named_with_a_proposal(connected: Desk) -> None:
    before, _ = stages(connected)
    with firm_scope(connected.firm_id):
        connection, lost = connected.must(), CatalogueItem.objects.get(kind="stage", external_id=before)
        CatalogueItem.objects.create(
            connection=connection, remote_firm=connection.remote_firm, kind="stage", external_id="4711",
            name=lost.name, parent="New pipeline", position=999,
        )  # fmt: skip
        mark_gone([lost])
        sort_out(connection)
        uses = CaseTypeMapping.objects.filter(stage_id=before).count()
    drawn = text(connected, TYPES)
    assert "was deleted there" in drawn and "Use New pipeline / Family Law Intake instead" in drawn
    assert drawn.count('value="4711"') > uses  # the proposal names every row, the lists offer it too
    assert "instead" not in text(connected, TYPES, role="auditor").partition("Changed in Lawmatics")[2][:900]
    shown = connected.admin.post(TYPES, {f"stage:{KEY}": "4711", f"was-stage:{KEY}": "gone", "step": "review"})
    assert "New pipeline / Family Law Intake" in shown.content.decode()


def test_statuses_are_reviewed_versioned_and_imported(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        stage = CatalogueItem.objects.filter(kind="stage", name="Consultation Held").get().external_id
    form = {f"stage:{stage}": "active", f"was-stage:{stage}": "next"}
    shown = connected.admin.post(STATUS, {**form, "step": "review"}).content.decode()
    assert "Consultation Held" in shown and "Active" in shown and numbers(connected, "status") == []
    assert "selected>Active" in connected.admin.post(STATUS, {**form, "step": "edit"}).content.decode()
    connected.admin.post(STATUS, form)
    assert numbers(connected, "status") == [2, 1]
    exported = json.loads(text(connected, f"{HISTORY}status/export/"))
    assert [one["local_status"] for one in exported["rows"]] == ["active"]
    exported["rows"][0]["local_status"] = "archived"
    assert "must be one of" in send(connected, "status", exported).content.decode()
    connected.admin.post(f"{STATUS}reset-all/")
    connected.admin.post(f"{HISTORY}status/2/")
    with firm_scope(connected.firm_id):
        assert [one.local_status for one in StatusMapping.objects.all()] == ["active"]
        assert CaseType.objects.exists()
    assert numbers(connected, "status") == [4, 3, 2, 1]


def test_only_admins_change_anything(connected: Desk) -> None:
    reads = [f"{HISTORY}case_types/", f"{HISTORY}case_types/export/", f"{HISTORY}status/"]
    writes = [f"{TYPES}reset-all/", f"{STATUS}reset-all/", f"{HISTORY}case_types/import/", f"{HISTORY}status/notes/"]
    for role, read in (("auditor", 200), ("attorney", 403), ("staff", 403)):
        browser = connected.people[role].browser
        assert [browser.get(url).status_code for url in reads] == [read] * len(reads)
        assert [browser.post(url).status_code for url in writes] == [403] * len(writes)
    assert connected.admin.post(f"{HISTORY}status/notes/").status_code == 302


def test_the_set_up_list_asks_for_a_stage_only_while_a_case_type_has_none(connected: Desk) -> None:
    def asked() -> bool:
        with firm_scope(connected.firm_id):
            steps = setup_steps(request=RequestFactory().get("/"))
        return next(one for one in steps if one["label"] == "Choose a stage for every case type")["done"] is False

    assert not asked()  # “Other” has no stage of its own and follows its practice area
    with firm_scope(connected.firm_id):
        CaseTypeMapping.objects.update(stage_id="")
    assert asked()
