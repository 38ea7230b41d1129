"""A mapped field that Lawmatics does not take: the record arrives once, without that value, and the panel names it."""

import json
import uuid
from typing import Any

import pytest
import requests

from casehug.common.scope import firm_scope
from casehug.intake.models import Answer, Client, Document, Matter, Note
from integrations.mappings import fields as mapped
from integrations.models import CatalogueItem, FieldMapping, RemoteIntent, SyncLog
from integrations.sync import lighter
from integrations.sync.outgoing import snapshots
from integrations.sync.services import request_sync
from integrations.sync.states import sync_state
from tests.integrations.sync.office import ACCOUNT, Office
from tests.integrations.sync.test_guard import answer

CANARY = "Zq7Heron"


def field_named(office: Office, name: str) -> str:
    with firm_scope(office.firm_id):
        return str(CatalogueItem.objects.get(kind="custom_field", name=name).external_id)


def fill(office: Office, name: str, key: str, how: str = "") -> str:
    """Map an answer to a named field; returns the field's id."""
    field_id = field_named(office, name)
    with firm_scope(office.firm_id):
        FieldMapping.objects.create(
            connection_id=office.connection_id, owner=name.split()[0].lower(), question_key=key, field_id=field_id,
            transform=how,
        )  # fmt: skip
    return field_id


def api(office: Office, verb: str, path: str, **body: Any) -> Any:
    """Call the stand-in as the firm's own people would."""
    token = office.twin.control("POST", f"accounts/{ACCOUNT}/token")["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    found = requests.request(verb, f"{office.twin.url}/v1/{path}", json=body or None, headers=headers, timeout=10)
    assert found.status_code < 300, found.text
    return found.json()


def turn_strict(office: Office, name: str) -> None:
    """Change a field's type there behind our back: what we send no longer fits it."""
    api(office, "PUT", f"custom_fields/{field_named(office, name)}", field_type="integer")


def shown(office: Office, matter: uuid.UUID, name: str) -> str:
    """Return what a matter there shows in a field."""
    link = office.links()["matter"][0].external_id
    row = api(office, "GET", f"prospects/{link}?fields=custom_fields")["data"]["attributes"]["custom_fields"]
    return next((str(one["formatted_value"]) for one in row if one["name"] == name), "")


def state(office: Office, matter: uuid.UUID) -> Any:
    with firm_scope(office.firm_id):
        return sync_state([matter])[matter]


def posts(office: Office, path: str) -> int:
    return office.twin.calls().get(f"POST {path}", 0)


def test_a_named_field_stays_behind_the_others_arrive_and_nothing_is_made_twice(office: Office) -> None:
    matter = office.matter(office.client())
    for name, key, value in (("Matter string", "nickname", CANARY), ("Matter text", "story", "We want peace.")):
        fill(office, name, key)
        answer(office, matter, key, value)
    turn_strict(office, "Matter string")
    assert office.sync(matter).status == "done"
    assert office.twin.made() == (1, 1, 1) and posts(office, "/v1/prospects") == 2
    assert shown(office, matter, "Matter text") == "We want peace." and shown(office, matter, "Matter string") == ""
    found = state(office, matter)
    assert found.state == "noted" and "Nickname (“Matter string”)" in found.remarks[-1]
    assert CANARY not in str(found.remarks)
    with firm_scope(office.firm_id):
        tries = list(RemoteIntent.objects.filter(kind="matter").order_by("created_at"))
    assert [one.outcome for one in tries] == ["not_applied", "applied"]
    assert bytes(tries[0].body_hmac) != bytes(tries[1].body_hmac) and tries[0].marker == tries[1].marker
    calls = dict(office.twin.calls())
    with firm_scope(office.firm_id):
        row = request_sync(matter_id=matter, lane=1, trigger="document.approved")
    assert office.run(row.id).status == "done" and office.twin.calls() == calls  # the same value is not offered again
    assert state(office, matter).state == "noted"


def test_by_hand_it_is_tried_again_and_the_remark_goes_when_it_fits(office: Office) -> None:
    matter = office.matter(office.client())
    fill(office, "Matter string", "nickname")
    answer(office, matter, "nickname", "Jo")
    turn_strict(office, "Matter string")
    office.sync(matter)
    office.sync(matter)  # tried again, refused again: one call, nothing to send without it
    assert state(office, matter).state == "noted" and posts(office, "/v1/prospects") == 2
    api(office, "PUT", f"custom_fields/{field_named(office, 'Matter string')}", field_type="string")
    assert office.sync(matter).status == "done"
    assert shown(office, matter, "Matter string") == "Jo" and state(office, matter).state == "synced"


def test_an_unnamed_refusal_of_a_contact_costs_the_fields_not_the_note(office: Office) -> None:
    matter = office.matter(office.client())
    fill(office, "Contact string", "nickname")
    answer(office, matter, "nickname", "Jo")
    for _ in range(2):  # the whole body, then the one without the note
        office.twin.fault("status_before", "/v1/contacts", status=422)
    assert office.sync(matter).status == "done"
    assert office.twin.made() == (1, 1, 1) and posts(office, "/v1/contacts") == 3
    assert office.connection().profile.get("inline_note") is not False  # only guessed: not kept
    assert "Contact string" in state(office, matter).remarks[-1]


def test_a_record_refused_for_another_reason_still_fails_and_says_so(office: Office) -> None:
    matter = office.matter(office.client())
    fill(office, "Contact string", "nickname")
    answer(office, matter, "nickname", "Jo")
    for _ in range(6):
        office.twin.fault("status_before", "/v1/contacts", status=422)
    assert office.sync(matter).status == "dead"
    assert office.twin.made() == (0, 0, 0) and posts(office, "/v1/contacts") <= lighter.MOST_BODIES
    with firm_scope(office.firm_id):
        assert not SyncLog.objects.filter(action="field.skip").exists()


def test_a_lost_answer_to_the_lighter_body_is_looked_for_not_repeated(office: Office) -> None:
    matter = office.matter(office.client())
    fill(office, "Matter string", "nickname")
    answer(office, matter, "nickname", "Jo")
    office.twin.fault("status_before", "/v1/prospects", status=422)
    office.twin.fault("reset_after_commit", "/v1/prospects")
    assert office.sync(matter).status == "done"
    assert office.twin.made() == (1, 1, 1) and posts(office, "/v1/prospects") == 2


def test_several_options_a_transform_and_money_arrive_as_their_fields_take_them(office: Office) -> None:
    matter = office.matter(office.client())
    for name, key, value, how in (
        ("Matter multi picklist", "where", "south; North", ""), ("Matter string", "county", "king county", "title"),
        ("Matter currency", "income", "4200.50", ""), ("Matter text", "married", "2019-05-03", "date_long"),
        ("Matter boolean", "home", "yes", ""), ("Matter list", "side", "WEST", ""), ("Contact date", "born", "", ""),
    ):  # fmt: skip
        fill(office, name, key, how)
        answer(office, matter, key, value)
    assert office.sync(matter).status == "done"
    wanted = {"multi picklist": "South, North", "string": "King County", "currency": "$4,200.50", "text": "May 3, 2019",
              "boolean": "Yes", "list": "West"}  # fmt: skip
    assert {name: shown(office, matter, f"Matter {name}") for name in wanted} == wanted
    assert state(office, matter).state == "synced"
    calls = office.twin.calls()
    assert office.sync(matter).status == "done" and office.twin.calls() == calls


def test_standard_fields_are_filled_when_mapped_and_an_unanswered_change_is_recognised(office: Office) -> None:
    matter = office.matter(office.client())
    standard = (("contact", "birthdate", "born", "1984-02-29"), ("contact", "employer", "work", "Tannery & Co"),
                ("matter", "estimated_value_cents", "worth", "1,250.00"))  # fmt: skip
    with firm_scope(office.firm_id):
        for owner, key, question, _ in standard:
            row = {"owner": owner, "question_key": question, "field_id": key}
            FieldMapping.objects.create(connection_id=office.connection_id, **row)
    for _, _, question, value in standard:
        answer(office, matter, question, value)
    assert office.sync(matter).status == "done"
    links = office.links()
    person = api(office, "GET", f"contacts/{links['contact'][0].external_id}?fields=birthdate,employer")
    assert person["data"]["attributes"] == {"birthdate": "02/29/1984", "employer": "Tannery & Co"}
    case_path = f"prospects/{links['matter'][0].external_id}?fields=estimated_value_cents"
    assert api(office, "GET", case_path)["data"]["attributes"]["estimated_value_cents"] == 125000
    with firm_scope(office.firm_id):
        Answer.objects.filter(question_key="worth").update(value="900")
    office.twin.control("POST", "faults", kind="reset_after_commit", method="PUT", path="/v1/prospects/*")
    for _ in range(3):
        if office.sync(matter).status == "done":
            break
    assert api(office, "GET", case_path)["data"]["attributes"]["estimated_value_cents"] == 90000
    written = sum(count for call, count in office.twin.calls().items() if call.startswith("PUT "))
    assert written == 1, "found there by reading, not written again"


def privileged(office: Office) -> uuid.UUID:
    """Make a matter with privileged text in every place that has one, each place mapped by force."""
    client = office.client()
    matter = office.matter(client)
    with firm_scope(office.firm_id):
        Client.objects.filter(id=client).update(notes=CANARY, custom_fields={"notes": CANARY})
        Matter.objects.filter(id=matter).update(description=CANARY, custom_fields={"x": CANARY}, tags=[CANARY])
        Note.objects.create(matter_id=matter, body=CANARY)
        Document.objects.filter(matter_id=matter).update(reason=CANARY, description=CANARY)
    answer(office, matter, "typed_in", CANARY, source="staff_entry")
    for name, key in (("Contact string", "notes"), ("Contact text", "typed_in"), ("Matter string", "description"),
                      ("Matter text", "remarks"), ("Matter list", "documents")):  # fmt: skip
        fill(office, name, key)
    return matter


def sent_bytes(office: Office) -> str:
    return json.dumps(office.twin.control("GET", "requests?limit=1000"))


def test_privileged_text_is_in_no_byte_that_left_even_when_its_places_are_mapped(office: Office) -> None:
    matter = privileged(office)
    assert office.sync(matter).status == "done" and office.twin.made() == (1, 1, 1)
    assert CANARY not in sent_bytes(office)
    with firm_scope(office.firm_id):
        assert CANARY not in str(list(SyncLog.objects.values())) + str(list(RemoteIntent.objects.values()))


def test_sabotage_when_staff_answers_count_as_submitted_the_canary_leaves(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    matter = privileged(office)
    monkeypatch.setattr("casehug.intake.selectors.sync.LEAVING_SOURCES", ("portal", "csv_import", "staff_entry"))
    assert office.sync(matter).status == "done"
    assert CANARY in sent_bytes(office)


def test_an_answer_without_a_submission_is_stopped_by_the_guard(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    matter = office.matter(office.client())
    fill(office, "Matter string", "nickname")
    answer(office, matter, "nickname", CANARY)
    whole = snapshots.matter_for_sync

    def forged(matter_id: uuid.UUID) -> Any:
        found = whole(matter_id)
        answers = tuple(type(one)(**{**vars(one), "submission_id": None}) for one in found.answers)
        return type(found)(**{**vars(found), "answers": answers})

    monkeypatch.setattr(snapshots, "matter_for_sync", forged)
    assert office.sync(matter).last_error_code == "privilege_guard"
    assert office.twin.made() == (0, 0, 0) and CANARY not in sent_bytes(office)
    assert mapped.OWNERS == ("contact", "matter")
