"""Forms as Lawmatics shows them: recorded shapes in, one checked body out, and entries that are surely ours."""

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.contract.errors import NotFound, Unfit
from integrations.contract.forms import FIELD, FORM, MODE, FormField
from integrations.contract.operations import RemoteRef, StepContext, Window
from integrations.contract.records import Leaf, PrivilegeGuard, Snapshot, Source, seal_body
from integrations.providers.lawmatics.form_step import SubmitForm, adopt, in_order, replaced
from integrations.providers.lawmatics.forms import form_value, read_form, read_forms
from integrations.providers.lawmatics.sync import SYNC_MATTER
from tests.integrations.providers.lawmatics.conftest import NOTE, Stub, contact, exchange, matter, recorded

UUID = "4f0e3b5c-1111-4a6e-9c0d-000000000001"
PATH, ENTRIES = f"/v1/forms/{UUID}", f"/v1/forms/{UUID}/entries"
MARK = "F" * 20
STEP = SubmitForm()
NOW = Window(since=datetime(2024, 5, 1, 12, 0, tzinfo=UTC))
ANSWERS = {
    "first_name": "Maya", "last_name": "Rivera", "email": "maya.rivera@example.com", "custom_field_812": "We part.",
    "custom_field_813": "2019-05-03", "general_field_77af": "north SIDE",
}  # fmt: skip


def context(stub: Stub, *, mode: str = "beside", links: Any = None, **answers: str) -> StepContext:
    values = {FIELD + key: Leaf(value, Source.CLIENT_SUBMISSION, "sub_1") for key, value in answers.items()}
    extra = {FORM: Leaf(UUID, Source.SYSTEM), MODE: Leaf(mode, Source.SYSTEM)} | values
    return StepContext(
        api=stub.api, snapshot=Snapshot(contact(), matter(), NOTE, extra), marker=MARK,
        links={key: RemoteRef(key, found) for key, found in (links or {}).items()},
    )  # fmt: skip


def test_a_form_is_read_with_its_fields_once_each(stub: Stub) -> None:
    stub.answers("GET", PATH, "form")
    form = read_form(stub.api, UUID)
    assert (form.name, form.makes, form.blocked) == ("Full intake", "matter", ())
    shown = {one.id: (one.label, one.required, one.hidden) for one in form.fields}
    assert shown == {
        "first_name": ("First name", True, False), "last_name": ("Last name", True, False),
        "email": ("E-mail", False, False), "custom_field_812": ("What happened?", True, False),
        "custom_field_813": ("Since when & where", False, False), "general_field_77af": ("Where?", False, False),
        "custom_field_814": ("Reference", False, True), "social_security": ("SSN", False, False),
    }  # fmt: skip
    assert next(one for one in form.fields if one.id == "social_security").refused
    assert stub.query(0) == {"fields": "all"}


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"component_type": "payment"}, "payment block"),
        ({"component_type": "payment_gateway", "field_type": "lawpay"}, "payment block"),
        ({"component_type": "relationship"}, "relationship block"),
        ({"component_type": "field", "field_type": "relationship"}, "relationship block"),
        ({"id": "s", "component_type": "signature", "required": True}, "a signature"),
        ({"component_type": "field", "field_type": "file_upload", "required": True}, "an uploaded file"),
        ({"id": "driver_license", "label": "License", "component_type": "field", "required": True}, "driver's license"),
    ],
)
def test_what_the_api_refuses_is_said(stub: Stub, part: dict[str, Any], words: str) -> None:
    row = recorded("form")["data"]
    row["attributes"]["rows"].append({"components": [part]})
    stub.answers("GET", "/v1/forms", json={"data": [row]})
    found = read_forms(stub.api)
    assert words in " ".join(found[0].blocked)


def test_a_list_without_rows_is_known_by_name_only(stub: Stub) -> None:
    row = recorded("form")["data"] | {"attributes": {"name": "Full intake", "created_at": None}}
    stub.answers("GET", "/v1/forms", json={"data": [row]})
    assert [(one.name, one.read, one.blocked) for one in read_forms(stub.api)] == [("Full intake", False, ())]


@pytest.mark.parametrize("strange", ["../users/me", "a/b", "", "x" * 90])
def test_only_an_id_becomes_part_of_a_path(stub: Stub, strange: str) -> None:
    with pytest.raises(NotFound):
        read_form(stub.api, strange)
    assert stub.calls == []


def test_values_take_the_form_of_their_field() -> None:
    assert form_value(FormField("a", "A", "date"), "2019-05-03") == "05/03/2019"
    assert form_value(FormField("a", "A", "boolean"), "yes") is True
    assert form_value(FormField("a", "A", "list", options=(("North side", "north"),)), " north  SIDE") == "north"
    with pytest.raises(ValueError, match="no such option"):
        form_value(FormField("a", "A", options=(("North side", "north"),)), "secret place")


def test_one_checked_body_with_a_source_for_each_value(stub: Stub) -> None:
    stub.answers("GET", PATH, "form")
    write = STEP.create(context(stub, **ANSWERS))
    assert (write.method, write.path) == ("POST", f"{PATH}/submit")
    assert write.body.payload == {
        **ANSWERS, "custom_field_813": "05/03/2019", "general_field_77af": "north"
    }  # fmt: skip
    assert {source for _, source, _ in write.body.origins} == {"client_submission"}
    assert "social_security" not in str(write.query) and "all" not in write.query.values()


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"custom_field_812": ""}, "form_incomplete", "“What happened?” is required"),
        ({"custom_field_813": "soon"}, "form_incomplete", "“Since when & where” takes a date"),
        ({"gone_1": "x"}, "form_incomplete", "not in the form any more"),
        ({"social_security": "078"}, "form_incomplete", "never sends social security"),
    ],
)
def test_nothing_is_half_sent(stub: Stub, change: dict[str, str], code: str, words: str) -> None:
    stub.answers("GET", PATH, "form")
    with pytest.raises(Unfit) as stopped:
        STEP.create(context(stub, **{**ANSWERS, **change}))
    assert stopped.value.code == code and words in stopped.value.detail
    assert not any(value in stopped.value.detail for value in change.values() if value and len(value) > 2)
    assert [call for call in stub.calls if call.startswith("POST")] == []


def test_a_form_that_is_gone_is_named(stub: Stub) -> None:
    stub.answers("GET", PATH, status=404, json={"errors": []})
    with pytest.raises(Unfit) as stopped:
        STEP.create(context(stub, **ANSWERS))
    assert stopped.value.code == "form_gone"


def test_the_answer_names_what_was_made() -> None:
    made = STEP.read_ref(exchange("matter_created"))
    assert made is not None and (made.id, made.label) == ("matter 610", "Rivera / custody")
    found = STEP.read_ref(exchange("contact_created"))
    assert found is not None and found.id.startswith("contact ")
    for broken in (None, "note_created"):
        assert STEP.read_ref(exchange(broken)) is None


def test_an_entry_is_ours_by_our_mark_or_by_every_value(stub: Stub) -> None:
    stub.answers("GET", ENTRIES, "form_entries")
    stub.answers("GET", PATH, "form")
    by_mark = STEP.reconcile(context(stub, custom_field_814=MARK, first_name="Someone"), NOW, deep=False)
    assert [ref.id for ref in by_mark.refs] == ["matter 7702"]
    by_values = STEP.reconcile(context(stub, **ANSWERS), NOW, deep=False)
    assert [ref.id for ref in by_values.refs] == ["matter 7701"]
    other = STEP.reconcile(context(stub, **{**ANSWERS, "custom_field_812": "Another story"}), NOW, deep=True)
    assert other.refs == ()


def test_two_entries_of_one_submission_keep_two_names(stub: Stub) -> None:
    rows = recorded("form_entries")
    rows["data"].insert(0, rows["data"][1] | {"id": "9000"})
    stub.answers("GET", ENTRIES, json=rows)
    stub.answers("GET", PATH, "form")
    found = STEP.reconcile(context(stub, **ANSWERS), NOW, deep=True)
    assert [ref.id for ref in found.refs] == ["matter 7701", "other entry 9000"]
    known = STEP.reconcile(context(stub, links={"form": "contact 5"}, **ANSWERS), NOW, deep=True)
    assert [ref.id for ref in known.refs] == ["contact 5", "matter 7701"]


def test_what_the_form_made_is_adopted_only_instead(stub: Stub) -> None:
    stub.answers("GET", "/v1/prospects/7701", json={"data": recorded("matters_of_contact")["data"][0]})
    assert adopt(context(stub), RemoteRef("form", "matter 7701")).refs == ()
    found = adopt(context(stub, mode="instead"), RemoteRef("form", "matter 7701"))
    assert [ref.kind for ref in found.refs] == ["contact", "matter"] and not found.missing
    only = adopt(context(stub, mode="instead"), RemoteRef("form", "contact 9"))
    assert [ref.kind for ref in only.refs] == ["contact"] and "no matter" in only.missing
    assert adopt(context(stub, mode="instead"), RemoteRef("form", "entry 9")).missing


def test_order_and_what_a_form_replaces(stub: Stub) -> None:
    beside, first = context(stub), context(stub, mode="instead")
    assert [step.key for step in in_order(beside.snapshot, SYNC_MATTER.steps)][-1] == "form"
    assert [step.key for step in in_order(first.snapshot, SYNC_MATTER.steps)][0] == "form"
    assert replaced(first, "contact") and not replaced(beside, "contact")
    there = context(stub, mode="instead", links={"matter": "7"})
    assert not replaced(there, "contact") and not STEP.applies(there)
    after = context(stub, mode="instead", links={"matter": "7", "form": "matter 7"})
    assert replaced(after, "contact") and not replaced(after, "matter") and STEP.applies(after)


def test_sabotage_a_value_without_a_source_cannot_be_sealed() -> None:
    with pytest.raises(PrivilegeGuard):
        seal_body({"first_name": "bare"})
