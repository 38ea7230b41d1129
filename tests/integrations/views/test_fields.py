"""Field Mappings in the browser's words: choose, try, save; only the client's answers, only the own firm's fields."""

import uuid
from typing import Any

import pytest
from django.urls import reverse

from casehug.audit.models import AuditEntry
from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.intake.models import Answer, Client, Matter, Submission
from integrations.mappings import fields as mapped
from integrations.mappings.exchange import export_json, import_json, plan_import
from integrations.mappings.sources import LOCKED, Source
from integrations.mappings.versions import restore, versions_for
from integrations.models import CatalogueItem, FieldMapping
from tests.integrations.desk import Desk, make_desk

PAGE = reverse("integration_fields", args=["lawmatics"])
NEVER = ("notes", "description", "client.notes", "remarks", "documents", "messages", "custom_fields", "NOTES",
         "county; notes", "notes\x00")  # fmt: skip


def field(desk: Desk, name: str) -> str:
    """Return the id of a field of the stand-in's account (“Matter date”)."""
    with firm_scope(desk.firm_id):
        return str(CatalogueItem.objects.get(kind="custom_field", name=name).external_id)


def lookup(desk: Desk) -> str:
    """Turn “Matter time” into a field that points at a record, and return its id."""
    with firm_scope(desk.firm_id):
        item = CatalogueItem.objects.get(kind="custom_field", name="Matter time")
        CatalogueItem.objects.filter(id=item.id).update(extra={**item.extra, "field_type": "lookup"})
        return str(item.external_id)


def choose(*chosen: tuple[str, str, str], was: str = "", do: str = "save", **more: str) -> dict[str, Any]:
    """Return the POST of a page with these lines: field, question, transform."""
    data: dict[str, Any] = {"do": do, "row": [one[0] for one in chosen], **more}
    for field_id, question, transform in chosen:
        data |= {f"q:{field_id}": question, f"t:{field_id}": transform}
        data |= {f"was-q:{field_id}": was, f"was-t:{field_id}": ""}
    return data


def stored(desk: Desk) -> set[tuple[str, str, str, str]]:
    with firm_scope(desk.firm_id):
        return set(FieldMapping.objects.values_list("owner", "field_id", "question_key", "transform"))


def answered(desk: Desk, **answers: str) -> uuid.UUID:
    """Make a matter whose client has submitted these answers."""
    matter_id = desk.matter()
    with firm_scope(desk.firm_id):
        matter = Matter.objects.get(id=matter_id)
        submission = Submission.objects.create(matter=matter, source="portal", submitted_at=matter.created_at)
        for key, value in answers.items():
            Answer.objects.create(
                submission=submission, question_key=key, label=key, value=value, answered_at=matter.created_at
            )
    return matter_id


def test_page_offers_only_what_fits_and_says_what_never_leaves(connected: Desk) -> None:
    date, pointer = field(connected, "Matter date"), lookup(connected)
    page = connected.admin.get(PAGE).content.decode()
    for what, _ in LOCKED:
        assert what in page
    assert page.count("Always sent when known") == 7
    assert f'<option value="{pointer}" disabled>' in page
    drawn = connected.admin.post(PAGE, {"do": "add", "add": date}).content.decode()
    line = drawn.split(f'id="field-{date}"')[1].split("</tr>")[0]
    assert 'value="marriage_date"' in line and 'value="county"' not in line and "New, not saved" in line
    assert "Date as" not in line  # a date field takes dates as dates
    text = connected.admin.post(PAGE, {"do": "add", "add": field(connected, "Matter string")}).content.decode()
    assert 'value="county"' in text and "Date as June 28, 2025" in text and 'value="notes"' not in text
    assert stored(connected) == set()


def test_save_is_one_version_audited_and_a_second_press_changes_nothing(connected: Desk) -> None:
    date, text = field(connected, "Matter date"), field(connected, "Contact string")
    post = choose((date, "marriage_date", ""), (text, "county", "upper"))
    for _ in range(2):
        assert connected.admin.post(PAGE, post).status_code == 302
    assert stored(connected) == {("matter", date, "marriage_date", ""), ("contact", text, "county", "upper")}
    with firm_scope(connected.firm_id):
        entries = AuditEntry.objects.filter(action="field_mapping.changed")
        assert entries.count() == 1 and len(versions_for(connected.must(), "fields")) == 2
    gone = choose((date, "", ""), was="marriage_date")
    assert connected.admin.post(PAGE, gone).status_code == 302
    assert stored(connected) == {("contact", text, "county", "upper")}
    with firm_scope(connected.firm_id):
        result = restore(connection=connected.must(), kind="fields", number=2)
    assert len(result.changed) == 1 and len(stored(connected)) == 2


def test_export_and_import_go_through_the_same_gate(connected: Desk) -> None:
    text = field(connected, "Contact string")
    connected.admin.post(PAGE, choose((text, "county", "title")))
    with firm_scope(connected.firm_id):
        row = connected.must()
        content = export_json(row, "fields")
        plan = plan_import(row, "fields", content.replace('"title"', '"upper"'))
        import_json(connection=row, kind="fields", content=content.replace('"title"', '"upper"'), basis=plan.basis)
        bad = plan_import(row, "fields", content.replace('"county"', '"notes"'))
        other = plan_import(row, "fields", content.replace('"owner": "contact"', '"owner": "matter"'))
    assert stored(connected) == {("contact", text, "county", "upper")}
    assert [one.text for one in bad.problems] == [mapped.NOT_ASKED]
    assert "belongs to the contact" in other.problems[0].text


def test_a_crafted_source_is_refused_and_stores_nothing(connected: Desk) -> None:
    text = field(connected, "Contact string")
    for key in NEVER:
        answer = connected.admin.post(PAGE, choose((text, key, "")))
        assert answer.status_code == 422 and mapped.NOT_ASKED in answer.content.decode(), key
    assert stored(connected) == set()


def test_sabotage_without_the_gate_a_crafted_source_would_be_stored(
    connected: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, everything = field(connected, "Contact string"), mapped.sources
    with monkeypatch.context() as open_gate:
        open_gate.setattr(mapped, "sources", lambda: {**everything(), "notes": Source("notes", "x", ("text",), (), ())})
        connected.admin.post(PAGE, choose((text, "notes", "")))
    assert ("contact", text, "notes", "") in stored(connected)


def test_another_firms_fields_questions_and_matters_do_not_exist_here(connected: Desk) -> None:
    other = make_desk(connected.twin, "Quill")
    assert other.connect(account=8101).status_code == 302
    with firm_scope(other.firm_id):
        item = CatalogueItem.objects.filter(kind="custom_field", name="Contact string").get()
        CatalogueItem.objects.filter(id=item.id).update(external_id="999001")
    foreign = answered(other, county="Zq7Heron")
    refused = connected.admin.post(PAGE, choose(("999001", "county", "")))
    assert refused.status_code == 422 and mapped.NO_FIELD in refused.content.decode()
    text = field(connected, "Contact string")
    shown = connected.admin.post(
        PAGE, choose((text, "county", ""), do="preview", matter=public_id("mat", foreign))
    )
    assert shown.status_code == 422 and "Zq7Heron" not in shown.content.decode()
    assert stored(connected) == stored(other) == set()


def test_what_can_never_fit_is_refused(connected: Desk) -> None:
    tries = [
        ("Matter date", "county", ""), ("Matter boolean", "statement", ""), ("Matter date", "marriage_date", "date_us"),
        ("Matter string", "statement", "e164"), ("Matter string", "county", "rot13"),
        ("Matter string", "marriage_date", "upper"),
    ]  # fmt: skip
    lines = [(field(connected, name), question, how) for name, question, how in tries]
    for line in [*lines, (lookup(connected), "county", "")]:
        assert connected.admin.post(PAGE, choose(line)).status_code == 422, line
    assert stored(connected) == set()


def test_preview_shows_value_converted_value_and_verdict_without_saving(connected: Desk) -> None:
    matter = answered(connected, marriage_date="2019-05-03", monthly_income="4200.5", county="king", owns_home="yes")
    with firm_scope(connected.firm_id):
        Client.objects.update(notes="Zq7Heron")
        Matter.objects.update(description="Zq7Heron")
    lines = (
        (field(connected, "Matter date"), "marriage_date", ""),
        (field(connected, "Matter currency"), "monthly_income", ""),
        (field(connected, "Contact string"), "county", "title"), (field(connected, "Matter boolean"), "owns_home", ""),
        (field(connected, "Matter integer"), "monthly_income", ""), (field(connected, "Matter text"), "statement", ""),
    )  # fmt: skip
    answer = connected.admin.post(PAGE, choose(*lines, do="preview", matter=public_id("mat", matter)))
    page = answer.content.decode()
    assert answer.status_code == 200 and stored(connected) == set() and "Zq7Heron" not in page
    table = page.split('id="preview"')[1]
    for sent in ("05/03/2019", "420050", "King", "true"):
        assert f"<code>{sent}</code>" in table
    assert "takes a whole number" in table and "Empty is not sent" in table
    assert "Changed, not saved" in page or "New, not saved" in page  # what was chosen is still there


def test_a_sample_is_tested_like_an_answer(connected: Desk) -> None:
    many = field(connected, "Contact multi picklist")
    line = (many, "statement", "")

    def tried(sample: str) -> str:
        answer = connected.admin.post(PAGE, choose(line, do="sample", sample_field=many, sample=sample))
        return answer.content.decode()

    assert "<code>North, West</code>" in tried("north; West")
    bad = tried("<b>Up</b>")
    assert "has no such option" in bad and "<b>Up</b>" not in bad
    assert connected.admin.post(PAGE, choose(do="sample", sample="x")).status_code == 422


def test_marked_and_hidden_fields_are_shown_and_read_again_comes_back_here(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        for name, mark in (("Matter text", "starred"), ("Contact text", "hidden")):
            item = CatalogueItem.objects.get(kind="custom_field", name=name)
            CatalogueItem.objects.filter(id=item.id).update(extra={**item.extra, mark: True})
    page = connected.admin.get(PAGE).content.decode()
    assert "filled by nothing" in page and "<li>Matter: Matter text</li>" in page and "hidden there" in page
    back = connected.admin.post(reverse("integration_read_again", args=["lawmatics"]), {"page": "fields"})
    assert back.headers["Location"] == PAGE


def test_only_admins_change_and_auditors_read(connected: Desk) -> None:
    text = field(connected, "Contact string")
    connected.admin.post(PAGE, choose((text, "county", "")))
    for role, status in (("auditor", 200), ("attorney", 403), ("staff", 403)):
        assert connected.people[role].browser.get(PAGE).status_code == status
        assert connected.people[role].browser.post(PAGE, choose((text, "", ""), was="county")).status_code == 403
    read = connected.people["auditor"].browser.get(PAGE).content.decode()
    assert "Only a firm admin may do this" in read and f'name="q:{text}"' not in read
    assert len(stored(connected)) == 1


def test_a_field_that_is_gone_is_said_and_can_be_taken_away(connected: Desk) -> None:
    text = field(connected, "Contact string")
    connected.admin.post(PAGE, choose((text, "county", "")))
    with firm_scope(connected.firm_id):
        CatalogueItem.objects.filter(external_id=text).update(gone_at="2026-01-01T00:00:00Z")
    page = connected.admin.get(PAGE).content.decode()
    assert "Gone" in page and "Needs a choice" in page
    assert connected.admin.post(PAGE, choose((text, "", ""), was="county")).status_code == 302
    assert stored(connected) == set()
