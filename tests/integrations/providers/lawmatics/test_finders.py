"""The finder's traps: it is fuzzy, answers with its first match, and says "nothing" in two ways."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.contract.errors import AuthRejected, NetworkTrouble, ProviderError, Refused, Throttled
from integrations.contract.operations import Found, RemoteRef, Window
from integrations.providers.lawmatics import finders
from tests.integrations.providers.lawmatics.conftest import MATTER_MARKER, NOTE_MARKER, Stub, contact, recorded

FINDER = "/v1/contacts/find_by_email/maya.rivera%40example.com"
CREATED = datetime.fromisoformat(recorded("finder_hit")["data"]["attributes"]["created_at"])
WINDOW = Window(CREATED)
LATER = Window(CREATED + timedelta(hours=1))


def ids(found: Found | None) -> list[str]:
    assert found is not None
    return [ref.id for ref in found.refs]


def test_a_hit_with_the_same_address_in_other_letters_counts(stub: Stub) -> None:
    stub.answers("GET", FINDER, "finder_hit")
    found = finders.find_contact(stub.api, contact(email="  MAYA.Rivera@EXAMPLE.com "))
    assert found == Found((RemoteRef("contact", "41", "Maya Rivera"),), same_person=True)
    assert stub.calls == [f"GET {FINDER}"]
    assert "all" not in stub.query(0)["fields"]


def test_the_same_address_under_another_name_is_told(stub: Stub) -> None:
    stub.answers("GET", FINDER, "finder_other_name")
    assert finders.find_contact(stub.api, contact()) == Found(
        (RemoteRef("contact", "42", "Jonas Rivera"),), same_person=False
    )


@pytest.mark.parametrize(("fixture", "status"), [("error_not_found", 404), ("finder_null", 200), (None, 404)])
def test_both_ways_of_saying_nothing_are_a_miss(stub: Stub, fixture: str | None, status: int) -> None:
    stub.answers("GET", FINDER, fixture, status=status)
    assert ids(finders.find_contact(stub.api, contact())) == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "{}", NetworkTrouble),
        (200, '{"data": []}', NetworkTrouble),
        (200, '{"data": {"id": "4", "type": "company"}}', NetworkTrouble),
        (200, '{"data": {"type": "contact"}}', NetworkTrouble),
        (200, "<html></html>", NetworkTrouble),
        (200, "", NetworkTrouble),
        (204, "", NetworkTrouble),
        (302, "", ProviderError),
        (400, "", Refused),
        (401, "", AuthRejected),
        (422, "", Refused),
        (429, "", Throttled),
        (500, "<html></html>", NetworkTrouble),
        (503, "", NetworkTrouble),
    ],
)
def test_everything_else_is_an_error_and_never_a_miss(
    stub: Stub, status: int, body: str, error: type[ProviderError]
) -> None:
    stub.answers("GET", FINDER, status=status, body=body)
    with pytest.raises(error):
        finders.find_contact(stub.api, contact())


def test_a_fuzzy_hit_on_another_address_is_a_miss(stub: Stub) -> None:
    stub.answers("GET", FINDER, "finder_other_address")
    stub.answers("GET", "/v1/email_addresses", "addresses_none")
    assert ids(finders.find_contact(stub.api, contact())) == []
    assert len(stub.calls) == 2


def test_a_hit_by_a_secondary_address_counts(stub: Stub) -> None:
    stub.answers("GET", FINDER, "finder_other_address")
    stub.answers("GET", "/v1/email_addresses", "addresses_secondary")
    found = finders.find_contact(stub.api, contact())
    assert ids(found) == ["12"]
    assert found is not None and not found.same_person
    assert stub.query(1)["filter_on"] == "maya.rivera@example.com"
    assert len(stub.calls) == 2


def test_a_fuzzy_first_match_does_not_hide_the_right_contact(stub: Stub) -> None:
    stub.answers("GET", FINDER, "finder_other_address")
    stub.answers("GET", "/v1/email_addresses", "addresses_hidden_contact")
    stub.answers("GET", "/v1/contacts/41", "finder_hit")
    assert finders.find_contact(stub.api, contact()) == Found(
        (RemoteRef("contact", "41", "Maya Rivera"),), same_person=True
    )


def test_an_account_without_the_address_filter_is_asked_by_the_contact_list(stub: Stub) -> None:
    stub.answers("GET", FINDER, "finder_other_address")
    stub.answers("GET", "/v1/email_addresses", "error_bad_filter", status=422)
    stub.answers("GET", "/v1/contacts", "contacts_same_email")
    assert ids(finders.find_contact(stub.api, contact())) == ["41", "57"]


@pytest.mark.parametrize("email", ["", "   ", "none", "n/a"])
def test_without_an_address_no_call_is_spent(stub: Stub, email: str) -> None:
    assert finders.find_contact(stub.api, contact(email=email)) is None
    assert stub.calls == [] and stub.gate_calls == 0


def test_plus_signs_and_letters_of_other_scripts_survive_the_path(stub: Stub) -> None:
    stub.answers("GET", "/v1/contacts/find_by_email/j%C3%B8rn%2Bcase%40example.com", "finder_null")
    assert ids(finders.find_contact(stub.api, contact(email="Jørn+case@example.com"))) == []


def test_a_domain_with_accents_is_asked_in_both_spellings(stub: Stub) -> None:
    stub.answers("GET", "/v1/contacts/find_by_email/maya%40b%C3%BCro.example", "finder_null")
    stub.answers("GET", "/v1/contacts/find_by_email/maya%40xn--bro-hoa.example", "finder_null")
    assert ids(finders.find_contact(stub.api, contact(email="maya@büro.example"))) == []
    assert len(stub.calls) == 2


def test_a_slash_in_the_address_never_becomes_a_path(stub: Stub) -> None:
    stub.answers("GET", "/v1/contacts", "contacts_same_email")
    assert ids(finders.find_contact(stub.api, contact(email="maya/rivera@example.com"))) == []
    assert stub.calls == ["GET /v1/contacts"]


def test_again_counts_every_contact_with_the_address_lowest_first(stub: Stub) -> None:
    stub.answers("GET", "/v1/contacts", "contacts_same_email")
    found = finders.find_contact_again(stub.api, contact(), WINDOW, deep=False)
    assert ids(found) == ["41", "57"]  # 58 matches the wildcard "_", not the address
    assert stub.query(0)["filter_by"] == "email"


def test_again_without_an_address_looks_only_when_deep(stub: Stub) -> None:
    assert ids(finders.find_contact_again(stub.api, contact(email=""), WINDOW, deep=False)) == []
    assert stub.calls == []


def test_deep_without_an_address_compares_name_and_digits_in_the_window(stub: Stub) -> None:
    row = recorded("finder_hit")["data"]
    row["attributes"] |= {"email": None, "first_name": "MAYA", "phone": "(555) 0143"}
    other = {**row, "id": "40", "attributes": row["attributes"] | {"phone": "555 9999"}}
    stub.answers("GET", "/v1/contacts", json={"data": [row, other], "meta": {"total_pages": 1}})
    person = contact(email="", phone="555-0143")
    assert ids(finders.find_contact_again(stub.api, person, WINDOW, deep=True)) == ["41"]
    assert ids(finders.find_contact_again(stub.api, person, LATER, deep=True)) == []


def test_deep_never_takes_a_namesake_with_another_address(stub: Stub) -> None:
    row = recorded("finder_hit")["data"]
    row["attributes"] |= {"email": "someone.else@example.com", "phone": "555-0143"}
    stub.answers("GET", "/v1/contacts", json={"data": [row], "meta": {"total_pages": 1}})
    for email in ("", "maya.rivera@example.com"):
        person = contact(email=email, phone="555-0143")
        assert ids(finders.find_contact_again(stub.api, person, WINDOW, deep=True)) == []


def test_a_scan_stops_at_the_window_and_after_three_pages(stub: Stub) -> None:
    def page(number: int, at: datetime) -> dict[str, object]:
        rows = [
            {"id": str(1000 - number * 25 - place), "type": "contact", "attributes": {"created_at": at.isoformat()}}
            for place in range(25)
        ]
        return {"data": rows, "meta": {"total_pages": 40}}

    fresh = datetime.now(UTC)
    for number in range(5):
        stub.answers("GET", "/v1/contacts", json=page(number, fresh))
    person = contact(email="")
    finders.find_contact_again(stub.api, person, Window(fresh), deep=True)
    assert len(stub.calls) == 3
    assert [stub.query(number)["page"] for number in range(3)] == ["1", "2", "3"]
    finders.find_contact_again(stub.api, person, Window(fresh + timedelta(seconds=30)), deep=True)
    assert len(stub.calls) == 6
    finders.find_contact_again(stub.api, person, Window(fresh + timedelta(seconds=90)), deep=True)
    assert len(stub.calls) == 7


def test_the_window_is_read_on_their_clock(stub: Stub) -> None:
    """Their clock is an hour behind: what they made just now looks an hour old to us."""
    row = recorded("finder_hit")["data"]
    row["attributes"]["email"] = None
    now = datetime.now(UTC)
    row["attributes"]["created_at"] = (now - timedelta(hours=1)).isoformat()
    stamp = (now - timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer = {"data": [row], "meta": {"total_pages": 1}}
    stub.answers("GET", "/v1/contacts", json=answer, headers={"Date": stamp})
    found = finders.find_contact_again(stub.api, contact(email="", phone="5550143"), Window(now), deep=True)
    assert ids(found) == ["41"]


def test_a_matter_is_found_by_its_marker_among_its_contacts_matters(stub: Stub) -> None:
    stub.answers("GET", "/v1/prospects", "matters_of_contact")
    found = finders.find_matter(stub.api, "41", "Rivera / custody", MATTER_MARKER, WINDOW, deep=True)
    assert found.refs == (RemoteRef("matter", "610", "Rivera / custody"),)
    assert (stub.query(0)["filter_by"], stub.query(0)["filter_on"]) == ("contact_id", "41")
    assert len(stub.calls) == 1


def test_without_the_filter_the_contacts_own_list_is_walked(stub: Stub) -> None:
    stub.answers("GET", "/v1/prospects", "error_bad_filter", status=422)
    stub.answers("GET", "/v1/contacts/41", "contact_with_matters")
    for row in recorded("matters_of_contact")["data"]:
        stub.answers("GET", f"/v1/prospects/{row['id']}", json={"data": row})
    found = finders.find_matter(stub.api, "41", "Rivera / custody", MATTER_MARKER, WINDOW, deep=False)
    assert ids(found) == ["610"]


def test_a_matter_of_the_same_title_with_another_marker_is_not_ours(stub: Stub) -> None:
    stub.answers("GET", "/v1/prospects", "matters_of_contact")
    found = finders.find_matter(stub.api, "41", "Rivera / custody", "Q" * 20, WINDOW, deep=True)
    assert ids(found) == []


def test_a_new_matter_without_description_is_taken_by_title_and_contact(stub: Stub) -> None:
    stub.answers("GET", "/v1/prospects", "matters_of_contact")
    found = finders.find_matter(stub.api, "41", "Rivera / lease", "Q" * 20, WINDOW, deep=True)
    assert ids(found) == ["588"]
    assert ids(finders.find_matter(stub.api, "41", "Rivera / lease", "Q" * 20, LATER, deep=True)) == []
    assert ids(finders.find_matter(stub.api, "77", "Rivera / lease", "Q" * 20, WINDOW, deep=True)) == []


def test_a_note_is_found_in_the_activities_by_its_making(stub: Stub) -> None:
    stub.answers("GET", "/v1/activities", "activities_with_note")
    found = finders.find_note(stub.api, [("contact_id", "41")], NOTE_MARKER, WINDOW, deep=True)
    assert found.refs == (RemoteRef("note", "7004"),)
    assert len(stub.calls) == 1


def test_a_note_that_staff_deleted_was_written_all_the_same(stub: Stub) -> None:
    stub.answers("GET", "/v1/activities", "activities_deleted_note")
    assert ids(finders.find_note(stub.api, [("contact_id", "41")], NOTE_MARKER, WINDOW, deep=False)) == ["activity-904"]


def test_a_note_is_found_among_the_newest_when_activities_lack_it(stub: Stub) -> None:
    stub.answers("GET", "/v1/activities", "activities_none")
    stub.answers("GET", "/v1/notes", "notes_newest")
    owners = [("contact_id", "41"), ("matter_id", "610")]
    assert ids(finders.find_note(stub.api, owners, NOTE_MARKER, WINDOW, deep=True)) == ["7004"]
    assert stub.calls == ["GET /v1/activities", "GET /v1/activities", "GET /v1/notes"]
    assert ids(finders.find_note(stub.api, owners, NOTE_MARKER, WINDOW, deep=False)) == []
