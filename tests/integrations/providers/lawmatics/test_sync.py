"""The three steps: which bodies leave, what an answer means, and how many calls each case costs."""

import pytest

from integrations.contract.errors import NetworkTrouble
from integrations.contract.http import Outcome, classify
from integrations.contract.operations import RemoteRef, Step
from integrations.providers.lawmatics.sync import SYNC_MATTER
from tests.integrations.providers.lawmatics.conftest import (
    MATTER_MARKER,
    NOTE_MARKER,
    Stub,
    contact,
    context,
    exchange,
    matter,
)  # fmt: skip

CONTACT, MATTER, NOTE_STEP, _ = SYNC_MATTER.steps
FINDER = "/v1/contacts/find_by_email/maya.rivera%40example.com"


def test_the_order_is_contact_matter_note_form() -> None:
    assert [step.key for step in SYNC_MATTER.steps] == ["contact", "matter", "note", "form"]


# --- Bodies --------------------------------------------------------------------------------------------------------


def test_a_new_contact_is_four_fields_and_the_note(stub: Stub) -> None:
    write = CONTACT.create(context(stub))
    assert (write.method, write.path, write.carries) == ("POST", "/v1/contacts", ("note",))
    body = dict(write.body.payload)
    assert list(body.pop("notes")[0]) == ["name", "body"]
    assert body == {
        "first_name": "Maya", "last_name": "Rivera", "email": "maya.rivera@example.com", "phone": "+1 555 0143",
    }  # fmt: skip
    assert all(source in ("identity", "system") for _, source, _ in write.body.origins)


def test_blanks_are_left_out_and_never_sent_as_null(stub: Stub) -> None:
    write = CONTACT.create(context(stub, person=contact(email="", phone="", first=""), note=None))
    assert write.body.payload == {"last_name": "Rivera"}
    assert write.carries == ()


@pytest.mark.parametrize(
    ("profile", "settings", "links"),
    [
        ({"inline_note": False}, {}, {}),
        ({"note_target": "matter"}, {}, {}),
        ({}, {"note_target": "matter"}, {}),
        ({}, {}, {"note": "7004"}),
    ],
)
def test_when_the_note_does_not_ride_in_the_contact(
    stub: Stub, profile: object, settings: object, links: object
) -> None:
    write = CONTACT.create(context(stub, profile=profile, settings=settings, links=links))  # type: ignore[arg-type]
    assert write.carries == () and "notes" not in write.body.payload


def test_a_matter_names_its_contact_and_carries_no_contact_fields(stub: Stub) -> None:
    write = MATTER.create(context(stub, links={"contact": "41"}, case=matter(custom={"71": "06/28/2026"})))
    assert write.body.payload == {
        "case_title": "Rivera / custody", "practice_area_id": 2, "stage_id": 31, "contact_id": 41,
        "case_blurb": f"CaseHug matter {MATTER_MARKER}", "custom_fields": [{"id": "71", "value": "06/28/2026"}],
    }  # fmt: skip
    assert "status" not in write.body.payload
    assert write.query["fields"] == "case_title"  # without it the answer holds licence and security numbers
    assert write.carries == ()


def test_with_notes_on_matters_the_note_rides_in_the_matter(stub: Stub) -> None:
    write = MATTER.create(context(stub, links={"contact": "41"}, settings={"note_target": "matter"}))
    assert write.carries == ("note",)
    assert NOTE_MARKER in write.body.payload["notes"][0]["body"]


def test_an_unmapped_stage_and_area_are_left_out(stub: Stub) -> None:
    write = MATTER.create(context(stub, links={"contact": "41"}, case=matter(area="", stage="")))
    assert not {"stage_id", "practice_area_id"} & set(write.body.payload)


def test_what_is_gone_in_the_account_is_left_out(stub: Stub) -> None:
    profile = {"gone": ["stage_id:31", "custom_field:71"]}
    case = matter(custom={"71": "x", "72": "y"})
    made = context(stub, links={"contact": "41"}, case=case, profile=profile)
    body = MATTER.create(made).body.payload
    assert "stage_id" not in body and body["custom_fields"] == [{"id": "72", "value": "y"}]
    assert set(MATTER.content(made)) == {"case_title", "practice_area_id", "custom_field:72"}
    assert "stage_id" in MATTER.content(context(stub, case=matter(stage="32"), profile=profile))


@pytest.mark.parametrize(
    ("settings", "profile", "kind", "number"),
    [
        ({}, {}, "Contact", 41),
        ({"note_target": "auto"}, {"note_target": "matter"}, "Prospect", 610),
        ({"note_target": "contact"}, {"note_target": "matter"}, "Contact", 41),
        ({"note_target": "matter"}, {}, "Prospect", 610),
    ],
)
def test_where_a_note_goes(stub: Stub, settings: object, profile: object, kind: str, number: int) -> None:
    links = {"contact": "41", "matter": "610"}
    write = NOTE_STEP.create(context(stub, settings=settings, profile=profile, links=links))  # type: ignore[arg-type]
    assert (write.path, write.body.payload["notable_type"], write.body.payload["notable_id"]) == (
        "/v1/notes",
        kind,
        number,
    )
    assert write.body.payload["body"].endswith(f"CaseHug matter {NOTE_MARKER} intake_completed")


def test_without_a_note_the_step_does_not_apply(stub: Stub) -> None:
    assert not NOTE_STEP.applies(context(stub, note=None))
    assert NOTE_STEP.applies(context(stub))


# --- Changes -------------------------------------------------------------------------------------------------------


def test_an_update_sends_what_changed_and_nothing_else(stub: Stub) -> None:
    ref = RemoteRef("matter", "610")
    write = MATTER.update(context(stub, changed=frozenset({"case_title"})), ref)
    assert write is not None
    assert (write.method, write.path) == ("PUT", "/v1/prospects/610")
    assert write.body.payload == {"case_title": "Rivera / custody"}
    assert MATTER.update(context(stub), ref) is None
    assert MATTER.update(context(stub, case=matter(stage=""), changed=frozenset({"stage_id"})), ref) is None


def test_contact_and_note_are_not_updated_by_default(stub: Stub) -> None:
    made = context(stub, changed=frozenset({"phone"}))
    assert CONTACT.content(made) == {}
    assert CONTACT.update(made, RemoteRef("contact", "41")) is None
    assert NOTE_STEP.update(made, RemoteRef("note", "7004")) is None
    assert stub.calls == []


def test_the_switch_fills_blanks_after_a_fresh_read(stub: Stub) -> None:
    stub.answers("GET", "/v1/contacts/41", "contact_partly_blank")
    person = contact(custom={"72": "North", "74": "yes"}, email="new@example.com")
    keys = frozenset({"email", "phone", "custom_field:72", "custom_field:74"})
    made = context(stub, person=person, settings={"update_matched_contacts": True}, changed=keys)
    assert "phone" in CONTACT.content(made)
    write = CONTACT.update(made, RemoteRef("contact", "41"))
    assert write is not None and (write.method, write.path) == ("PUT", "/v1/contacts/41")
    assert write.body.payload == {"phone": "+1 555 0143", "custom_fields": [{"id": "74", "value": "yes"}]}
    assert "notes" not in write.body.payload
    assert "all" not in stub.query(0)["fields"]


def test_the_switch_fills_nothing_of_another_person(stub: Stub) -> None:
    stub.answers("GET", "/v1/contacts/41", "contact_partly_blank")
    made = context(
        stub, person=contact(first="Jonas"), settings={"update_matched_contacts": True}, changed=frozenset({"phone"})
    )
    assert CONTACT.update(made, RemoteRef("contact", "41")) is None


def test_an_unanswered_update_is_compared_in_the_form_it_reads_back(stub: Stub) -> None:
    stub.answers("GET", "/v1/prospects/610", "matter_read_back")
    keys = frozenset({"case_title", "stage_id", "practice_area_id", "custom_field:71"})
    ref = RemoteRef("matter", "610")
    assert MATTER.arrived(context(stub, case=matter(custom={"71": "06/28/2026"}), changed=keys), ref)
    assert not MATTER.arrived(context(stub, case=matter(custom={"71": "06/29/2026"}), changed=keys), ref)
    assert not MATTER.arrived(context(stub, case=matter(stage="32"), changed=keys), ref)
    assert MATTER.arrived(context(stub, case=matter(stage="32"), changed=frozenset({"case_title"})), ref)


# --- Answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "fixture", "ref"),
    [
        (CONTACT, "contact_created", RemoteRef("contact", "91", "Maya Rivera")),
        (MATTER, "matter_created", RemoteRef("matter", "610", "Rivera / custody")),
        (NOTE_STEP, "note_created", RemoteRef("note", "7004", "Intake completed")),
    ],
)
def test_an_answer_names_the_record(step: Step, fixture: str, ref: RemoteRef) -> None:
    assert step.read_ref(exchange(fixture)) == ref
    assert classify(exchange(fixture), ref.id) is Outcome.APPLIED


@pytest.mark.parametrize("step", SYNC_MATTER.steps)
@pytest.mark.parametrize("fixture", [None, "me", "finder_null", "addresses_none", "error_invalid_note"])
def test_an_answer_without_a_record_of_this_kind_names_none(step: Step, fixture: str | None) -> None:
    assert step.read_ref(exchange(fixture)) is None


def test_a_deleted_contact_is_told_by_asking_for_it(stub: Stub) -> None:
    stub.answers("GET", "/v1/contacts/41", "error_not_found", status=404)
    refused = exchange("error_unknown_contact", status=422)
    made = context(stub, links={"contact": "41"})
    assert MATTER.lost_link(made, refused) == "contact"
    assert NOTE_STEP.lost_link(made, refused) == "contact"


def test_a_refusal_for_another_reason_breaks_no_link(stub: Stub) -> None:
    stub.answers("GET", "/v1/contacts/41", "finder_hit")
    made = context(stub, links={"contact": "41"})
    assert MATTER.lost_link(made, exchange("error_unknown_stage", status=422)) is None
    assert MATTER.lost_link(made, exchange(None, status=500)) is None
    assert CONTACT.lost_link(made, exchange("error_unknown_contact", status=422)) is None
    assert len(stub.calls) == 1


def test_whether_a_link_is_lost_is_an_error_when_nobody_can_tell(stub: Stub) -> None:
    stub.answers("GET", "/v1/contacts/41", status=503)
    with pytest.raises(NetworkTrouble):
        MATTER.lost_link(context(stub, links={"contact": "41"}), exchange("error_unknown_contact", status=422))


def test_an_update_of_a_deleted_matter_is_told(stub: Stub) -> None:
    stub.answers("GET", "/v1/prospects/610", "error_not_found", status=404)
    made = context(stub, links={"contact": "41", "matter": "610"})
    assert MATTER.lost_link(made, exchange("error_not_found", status=404, method="PUT")) == "matter"


def test_a_stage_that_is_gone_is_learned(stub: Stub) -> None:
    stub.answers("GET", "/v1/stages/31", "error_not_found", status=404)
    stub.answers("GET", "/v1/practice_areas/2", "practice_areas")
    made = context(stub, links={"contact": "41"}, profile={"gone": ["stage_id:7"]})
    learned = MATTER.learn(made, MATTER.create(made), exchange("error_unknown_stage", status=422))
    assert learned == {"gone": ["stage_id:31", "stage_id:7"]}


def test_a_refused_note_inside_a_contact_is_learned(stub: Stub) -> None:
    made = context(stub)
    write = CONTACT.create(made)
    assert CONTACT.learn(made, write, exchange(None, status=422)) == {"inline_note": False}
    assert CONTACT.learn(made, write, exchange(None, status=429)) == {}
    plain = context(stub, profile={"inline_note": False})
    assert CONTACT.learn(plain, CONTACT.create(plain), exchange(None, status=422)) == {}


def test_a_contact_that_takes_no_notes_is_learned_only_when_automatic(stub: Stub) -> None:
    links = {"contact": "41", "matter": "610"}
    made = context(stub, links=links)
    refused = exchange("error_invalid_note", status=422)
    assert NOTE_STEP.learn(made, NOTE_STEP.create(made), refused) == {"note_target": "matter"}
    fixed = context(stub, links=links, settings={"note_target": "contact"})
    assert NOTE_STEP.learn(fixed, NOTE_STEP.create(fixed), refused) == {}
    learned = context(stub, links=links, profile={"note_target": "matter"})
    assert NOTE_STEP.learn(learned, NOTE_STEP.create(learned), refused) == {}
    assert NOTE_STEP.learn(made, NOTE_STEP.create(made), exchange(None, status=500)) == {}


# --- Looks ---------------------------------------------------------------------------------------------------------


def test_matter_and_note_need_no_look_before_a_first_create(stub: Stub) -> None:
    made = context(stub, links={"contact": "41"})
    assert MATTER.probe(made) is None and NOTE_STEP.probe(made) is None
    assert stub.gate_calls == 0


def test_a_look_before_a_contact_is_one_paid_call(stub: Stub) -> None:
    stub.answers("GET", FINDER, "error_not_found", status=404)
    found = CONTACT.probe(context(stub))
    assert found is not None and not found.refs
    assert stub.gate_calls == 1
