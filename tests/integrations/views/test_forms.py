"""The Forms pages: what is shown, what is saved, what a crafted request gets, roles, a stranger, the history."""

from typing import Any

import pytest
from django.urls import reverse

from casehug.audit.models import AuditEntry
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.intake.models import CaseType
from integrations.mappings import exchange, forms, versions
from integrations.models import FormDefinition, FormMapping
from tests.integrations.desk import PAGE, Desk, make_desk

LIST = f"{PAGE}forms/"
ONE = f"{LIST}case-types/divorce_standard/"
GOOD = {
    "mode": "instead", "field:first_name": "identity:first_name", "field:last_name": "identity:last_name",
    "field:email": "identity:email",
}  # fmt: skip


@pytest.fixture
def read(connected: Desk) -> Desk:
    """A connected firm whose forms were read."""
    answer = connected.admin.post(f"{LIST}read-again/")
    assert answer.status_code == 302
    return connected


def known(desk: Desk) -> dict[str, FormDefinition]:
    with firm_scope(desk.firm_id):
        return {row.name: row for row in FormDefinition.objects.all()}


def given(desk: Desk, name: str = "Full intake", **more: str) -> dict[str, str]:
    form = known(desk)[name]
    story = next((one["id"] for one in form.fields if one["label"] == "What happened?"), "")
    asked = {f"field:{story}": "answer:statement"} if story else {}
    return {"form": form.external_id, **GOOD, **asked, **more}


def saved(desk: Desk) -> list[FormMapping]:
    with firm_scope(desk.firm_id):
        return list(FormMapping.objects.all())


def test_forms_are_read_on_demand_and_say_why_they_cannot_be_used(connected: Desk) -> None:
    page = connected.admin.get(LIST).content.decode()
    assert "No forms known" in page and "read last" not in page
    connected.twin.control("POST", "reset", keep_connections=True)
    assert connected.admin.post(f"{LIST}read-again/", follow=True).status_code == 200
    calls = connected.twin.calls()
    assert calls.get("GET /v1/forms") == 1 and "GET /v1/forms/:uuid" not in calls
    page = connected.admin.get(LIST).content.decode()
    for words in ("Full intake", "Not usable by API", "payment block", "relationship block", "requires a signature"):
        assert words in page, words
    assert connected.twin.calls() == calls  # the page itself asks nobody


def test_forms_that_were_looked_at_once_are_read_with_the_daily_reading(connected: Desk) -> None:
    def daily() -> int:
        with firm_scope(connected.firm_id):
            row = connected.must()
            work.enqueue(kind="refresh_catalogue", queue="maintenance", subject_type="connection", subject_id=row.id,
                         connection_id=row.id, lane=WorkItem.Lane.BULK, trigger="daily")  # fmt: skip
            item = WorkItem.objects.filter(kind="refresh_catalogue", status__in=WorkItem.LIVE).latest("created_at")
        assert run_item(item.id, connected.firm_id) == "done"
        return int(connected.twin.calls().get("GET /v1/forms", 0))

    before = int(connected.twin.calls().get("GET /v1/forms", 0))
    assert daily() == before  # nobody has looked at forms here: no call is spent on them
    connected.admin.post(f"{LIST}read-again/")
    assert daily() == before + 2


def test_a_form_that_is_gone_is_said_to_be_gone(read: Desk) -> None:
    assert read.admin.post(ONE, given(read)).status_code == 302
    account = read.twin.control("GET", "accounts/8101")
    gone = next(one for one in account["form"] if one["name"] == "Full intake")
    read.twin.control("POST", f"forms/{gone['id']}/delete")
    read.admin.post(f"{LIST}read-again/")
    page = read.admin.get(LIST).content.decode()
    assert "does not exist in the connected account" in page and "Gone" in page
    assert "This form is gone" in read.admin.get(ONE).content.decode()


def test_a_form_is_chosen_with_a_source_for_each_field(read: Desk) -> None:
    form = known(read)["Full intake"]
    page = read.admin.get(ONE, {"form": form.external_id}).content.decode()
    assert "(required)" in page and "(hidden there)" in page and "North side, South side" in page
    assert '<option value="identity:first_name" selected>' in page  # suggested by its standard name
    assert "internal note" in page.lower() and 'value="note' not in page
    answer = read.admin.post(ONE, given(read))
    assert answer.status_code == 302
    row = saved(read)[0]
    assert (row.case_type, row.mode, row.sources["email"]) == ("divorce_standard", "instead", "identity:email")
    page = read.admin.get(LIST).content.decode()
    assert "Mapped" in page and "Instead of contact and matter" in page
    with firm_scope(read.firm_id):
        assert AuditEntry.objects.filter(action="form_mapping.changed").count() == 1
    assert read.admin.post(ONE, given(read)).status_code == 302  # the same again changes nothing
    with firm_scope(read.firm_id):
        assert AuditEntry.objects.filter(action="form_mapping.changed").count() == 1
    assert read.admin.post(f"{ONE}remove/").status_code == 302 and saved(read) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"field:last_name": ""}, "requires this field"),
        ({"field:last_name": "note:body"}, "may not leave the firm"),
        ({"field:phone": "answer:no_such_question"}, "may not leave the firm"),
        ({"field:phone": "system:secret"}, "may not leave the firm"),
        ({"field:payment_1": "identity:phone"}, "not in the form"),
        ({"field:\x00": "identity:phone", "mode": "both"}, "Choose whether"),
        ({"form": "../users/me"}, "does not exist"),
        ({"form": "x" * 5000}, "does not exist"),
    ],
)
def test_crafted_requests_save_nothing_and_say_why(read: Desk, change: dict[str, str], words: str) -> None:
    answer = read.admin.post(ONE, given(read, **change))
    assert answer.status_code == 422 and words in answer.content.decode()
    assert "Nothing was saved" in answer.content.decode() and saved(read) == []


@pytest.mark.parametrize("name", ["Consultation fee", "Family members", "Fee agreement"])
def test_forms_the_api_refuses_cannot_be_chosen(read: Desk, name: str) -> None:
    form = known(read)[name].external_id
    page = read.admin.get(ONE).content.decode()
    assert f'value="{form}"' not in page
    answer = read.admin.post(ONE, {"form": form, **GOOD})
    assert answer.status_code == 422 and "cannot be used" in answer.content.decode() and saved(read) == []


def test_who_may_look_and_who_may_change(read: Desk) -> None:
    stranger = make_desk(read.twin, "Northgate").people["admin"].browser
    assert read.admin.post(ONE, given(read)).status_code == 302
    for role, person in read.people.items():
        may_look, may_change = role in ("admin", "auditor"), role == "admin"
        for address in (LIST, ONE):
            assert (person.browser.get(address).status_code == 200) == may_look, (role, address)
        for address, body in ((ONE, given(read)), (f"{ONE}remove/", {}), (f"{LIST}read-again/", {})):
            assert (person.browser.post(address, body).status_code == 302) == may_change, (role, address)
        if role == "admin":
            assert read.admin.post(ONE, given(read)).status_code == 302
    page = read.people["auditor"].browser.get(ONE).content.decode()
    assert "<select" not in page and "Only a" in page
    theirs = stranger.get(LIST).content.decode()
    assert "Full intake" not in theirs
    assert stranger.post(ONE, given(read)).status_code == 422 and len(saved(read)) == 1
    assert read.admin.get(f"{LIST}case-types/no-such/").status_code == 404


def test_trouble_while_reading_keeps_what_was_known(read: Desk) -> None:
    read.twin.fault("status_before", "/v1/forms", method="GET", status=500)
    page = read.admin.post(f"{LIST}read-again/", follow=True).content.decode()
    assert "What was read before is still shown" in page and "Full intake" in page


def test_versions_restore_export_and_import(read: Desk) -> None:
    read.admin.post(ONE, given(read))
    read.admin.post(ONE, given(read, mode="beside"))
    with firm_scope(read.firm_id):
        row = read.must()
        numbers = [one.number for one in versions.versions_for(row, "forms")]
        assert numbers == [3, 2, 1]
        assert [one.key for one in versions.restore(connection=row, kind="forms", number=2).changed] == [
            "divorce_standard"
        ]
        assert FormMapping.objects.get().mode == "instead"
        text = exchange.export_json(row, "forms")
        forms.remove_form_mapping(connection=row, case_type=CaseType.objects.get(key="divorce_standard"))
        plan = exchange.plan_import(row, "forms", text)
        assert not plan.problems and len(plan.changes) == 1
        exchange.import_json(connection=row, kind="forms", content=text, basis=plan.basis)
        assert FormMapping.objects.get().sources["email"] == "identity:email"
        crafted = text.replace("identity:email", "note:body")
        assert "E-mail" in exchange.plan_import(row, "forms", crafted).problems[0].text
    assert read.admin.get(reverse("integration_mapping_versions", args=["lawmatics", "forms"])).status_code == 200


def test_the_panel_shows_the_form(read: Desk, settle: Any) -> None:
    read.admin.post(ONE, given(read, "Client card"))
    with firm_scope(read.firm_id):
        case_type = CaseType.objects.filter(practice_area="family_law").first()
        FormMapping.objects.update(case_type=case_type.key if case_type else "")
    matter = read.matter()
    panel = reverse("integration_panel", args=[matter, "lawmatics"])
    page = read.admin.get(panel).content.decode()
    assert "Goes to the form “Client card”" in page and "Left to the form" in page
    read.admin.post(reverse("integration_sync", args=[matter, "lawmatics"]))
    settle(read.firm_id)
    page = read.admin.get(panel).content.decode()
    assert "Made by the form." in page and "contact " in page and "What it made is not linked" in page
    log = read.admin.get(f"{PAGE}log/").content.decode()
    assert "Form: created" in log or "form.create" in log
