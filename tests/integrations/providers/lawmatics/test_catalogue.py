"""Reading the account: every page, odd shapes, and who it belongs to."""

from typing import Any

import pytest

from integrations.contract.errors import NetworkTrouble, ProviderError
from integrations.contract.provider import Account
from integrations.providers.lawmatics.catalogue import read_catalogue, who_am_i
from integrations.providers.lawmatics.provider import PROVIDER, record_url
from integrations.providers.lawmatics.reading import listed
from tests.integrations.providers.lawmatics.conftest import Stub

LISTS = {"pipelines": "pipelines", "stages": "stages", "practice_areas": "practice_areas",
         "sub_statuses": "sub_statuses", "custom_fields": "custom_fields_bare"}  # fmt: skip


def rows(first: int, count: int) -> list[dict[str, Any]]:
    return [{"id": str(first + place), "type": "stage", "attributes": {}} for place in range(count)]


def found_ids(stub: Stub, **more: int) -> list[str]:
    return [str(row["id"]) for row in listed(stub.api, "/v1/stages", {}, **more)]


def test_the_firm_and_user_behind_the_token(stub: Stub) -> None:
    stub.answers("GET", "/v1/users/me", "me")
    assert who_am_i(stub.api) == Account("8101", "Lawmatics firm 8101", "Robin Sample", "robin.sample@example.com")
    assert "current_firm" in stub.query(0)["fields"]


def test_an_account_without_a_firm_is_no_account(stub: Stub) -> None:
    stub.answers("GET", "/v1/users/me", json={"data": {"id": "5", "type": "user", "attributes": {"name": "Robin"}}})
    with pytest.raises(ProviderError):
        who_am_i(stub.api)


def test_the_catalogue_in_the_firms_own_order(stub: Stub) -> None:
    for path, fixture in LISTS.items():
        stub.answers("GET", f"/v1/{path}", fixture)
    entries = read_catalogue(stub.api)
    stages = [(entry.id, entry.name, entry.parent) for entry in entries if entry.kind == "stage"]
    assert stages == [
        ("32", "New Lead", "Family Law"), ("31", "Family Law Intake", "Family Law"), ("41", "Onboarding", "After hire"),
    ]  # fmt: skip
    assert entries[0].extra == {"pipeline_id": "3", "pipeline_type": "intake", "order": 1}
    others = {entry.kind: entry for entry in entries if entry.kind in ("practice_area", "sub_status")}
    assert (others["practice_area"].id, others["practice_area"].name) == ("2", "Family Law")
    assert others["sub_status"].extra == {"status": "hired"}
    known = [entry for entry in entries if entry.extra.get("standard")]
    assert {"birthdate", "employer"} < {entry.id for entry in known if entry.extra["owner"] == "contact"}
    assert not {"social_security", "driver_license"} & {entry.id for entry in known}, "never offered"
    fields = [entry for entry in entries if entry.kind == "custom_field" and entry not in known]
    assert [(entry.id, entry.extra["owner"]) for entry in fields] == [
        ("71", "matter"),
        ("72", "contact"),
        ("73", "practicearea"),
    ]
    assert fields[1].extra["options"] == ["North", "South"] and fields[2].extra["hidden"]
    assert all("all" not in stub.query(number)["fields"] for number in range(len(stub.calls)))


def test_pages_go_by_number_and_not_by_links(stub: Stub) -> None:
    links = {"next": "/v1/stage?page=9"}
    for first, count in ((1, 25), (26, 25), (51, 7)):
        stub.answers("GET", "/v1/stages", json={"data": rows(first, count), "meta": {"total_pages": 3}, "links": links})
    assert len(found_ids(stub)) == 57
    assert [stub.query(number)["page"] for number in range(3)] == ["1", "2", "3"]


def test_a_list_without_meta_ends_at_a_short_page(stub: Stub) -> None:
    stub.answers("GET", "/v1/stages", json={"data": rows(1, 25)})
    stub.answers("GET", "/v1/stages", json={"data": rows(26, 3)})
    assert len(found_ids(stub)) == 28


def test_a_page_past_the_end_is_empty_and_ends_it(stub: Stub) -> None:
    stub.answers("GET", "/v1/stages", json={"data": rows(1, 25)})
    stub.answers("GET", "/v1/stages", json={"data": []})
    assert len(found_ids(stub)) == 25


def test_a_row_that_slid_to_the_next_page_comes_once(stub: Stub) -> None:
    stub.answers("GET", "/v1/stages", json={"data": rows(1, 25), "meta": {"total_pages": 2}})
    stub.answers("GET", "/v1/stages", json={"data": rows(25, 3), "meta": {"total_pages": 2}})
    assert found_ids(stub) == [str(number) for number in range(1, 28)]


def test_a_broken_page_is_trouble_and_not_the_end(stub: Stub) -> None:
    stub.answers("GET", "/v1/stages", json={"data": None})
    with pytest.raises(NetworkTrouble):
        found_ids(stub)


def test_the_declaration_is_complete() -> None:
    assert PROVIDER.key == "lawmatics" and set(PROVIDER.operations) == {"sync_matter"}
    assert PROVIDER.calls_per_minute == 50
    assert PROVIDER.inbound is not None and PROVIDER.on_connect is None
    areas = {
        "personal_injury",
        "estate_planning",
        "family_law",
        "immigration",
        "criminal",
        "business",
        "real_estate",
        "other",
    }
    assert set(PROVIDER.default_stages) == areas
    assert {field.key: field.default for field in PROVIDER.settings_fields} == {
        "update_matched_contacts": False, "note_target": "auto",
    }  # fmt: skip


def test_the_page_of_a_record() -> None:
    assert record_url("https://app.lawmatics.example/", "matter", "610") == "https://app.lawmatics.example/matters/610"
    assert record_url("https://app.lawmatics.example", "contact", "41") == "https://app.lawmatics.example/contacts/41"
    assert record_url("https://app.lawmatics.example", "note", "7") == record_url("", "matter", "6") == ""
