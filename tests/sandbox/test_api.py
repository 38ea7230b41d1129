"""The /v1 API of the stand-in: shapes, finders, matters, notes, paging, filters, errors."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.sandbox.conftest import Standin

DEFAULT = ["first_name", "last_name", "email", "phone", "created_at", "updated_at"]


def person(standin: Standin, email: str | None = "ada@example.com", **more: object) -> dict[str, object]:
    return standin.post("contacts", first_name="Ada", last_name="Quill", email=email, phone="555-010-0100", **more)


def test_me_names_user_and_firm(standin: Standin) -> None:
    data = standin.call("GET", "users/me?fields=all").json()["data"]
    assert data["type"] == "user" and data["attributes"]["email"] == "robin.sample@example.com"
    assert data["relationships"]["current_firm"]["data"] == {"id": "8101", "type": "firm"}


def test_contact_is_created_with_an_inline_note_and_found(standin: Standin) -> None:
    made = person(standin, email="Ada+x@Example.com", notes=[{"name": "Intake", "body": "Line\nABCDEFGHIJKLMNOPQRST"}])
    assert list(made["attributes"]) == DEFAULT and isinstance(made["id"], str)
    found = standin.call("GET", f"contacts/find_by_email/{quote('ada+X@example.com', safe='')}")
    assert found.status_code == 200 and found.json()["data"]["id"] == made["id"]
    line = standin.call("GET", f"activities?filter_by=contact_id&filter_on={made['id']}").json()["data"][0]
    assert (
        line["attributes"]["key"] == "note.create"
        and "ABCDEFGHIJKLMNOPQRST" in line["attributes"]["detail_keys"]["body"]
    )
    assert line["relationships"]["owner"]["data"]["type"] == "application"
    assert line["relationships"]["recipient"]["data"] == {"id": made["id"], "type": "contact"}
    ledger = standin.control("GET", "ledger")
    assert ledger["contacts"] == {"total": 1, "by_email": {"ada+x@example.com": 1}, "updated": 0, "deleted": 0}
    assert ledger["notes"]["by_marker"] == {"ABCDEFGHIJKLMNOPQRST": 1}
    assert ledger["calls"]["GET /v1/contacts/find_by_email/:value"] == 1


def test_phone_and_name_finders_are_loose(standin: Standin) -> None:
    made = person(standin)
    for path in ("find_by_phone/0100100", "find_by_phone/0100", "find_by_name/ada", "find_by_name/ADA%20qui"):
        if path.endswith("0100100"):
            assert standin.call("GET", f"contacts/{path}").json()["data"]["id"] == made["id"]
        else:
            assert standin.call("GET", f"contacts/{path}").status_code == 200
    assert standin.call("GET", "contacts/find_by_name/quill").status_code == 404


@pytest.mark.parametrize(("mode", "status"), [("404", 404), ("null", 200)])
def test_finder_without_match(standin: Standin, mode: str, status: int) -> None:
    standin.switch(finder_not_found=mode)
    answer = standin.call("GET", "contacts/find_by_email/nobody@example.com")
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"data": None}
    else:
        error = answer.json()["errors"][0]
        assert error["status"] == 404 and error["title"] == "Not found" and "nobody@example.com" in error["detail"]


def test_fuzzy_finder_answers_with_another_person(standin: Standin) -> None:
    person(standin, email="joanna@example.com")
    assert standin.call("GET", "contacts/find_by_email/anna@example.com").status_code == 404
    standin.switch(email_finder="fuzzy")
    assert standin.call("GET", "contacts/find_by_email/anna@example.com").json()["data"]["attributes"]["email"] == (
        "joanna@example.com"
    )


@pytest.mark.parametrize(("mode", "contacts"), [("upsert", 1), ("duplicate", 2)])
def test_second_contact_with_the_same_email(standin: Standin, mode: str, contacts: int) -> None:
    standin.switch(contact_create=mode)
    first, second = person(standin), person(standin, email="ADA@example.com")
    assert (first["id"] == second["id"]) is (contacts == 1)
    assert standin.control("GET", "ledger")["contacts"]["by_email"] == {"ada@example.com": contacts}


def test_matter_keeps_contact_stage_and_area(standin: Standin) -> None:
    contact = person(standin)
    stages = standin.call("GET", "stages?fields=name,pipeline&filter_by=name&filter_on=Family Law Intake").json()[
        "data"
    ]
    areas = standin.call("GET", "practice_areas").json()["data"]
    area = next(item for item in areas if item["attributes"]["name"] == "Family Law")
    made = standin.post(
        "prospects", contact_id=contact["id"], case_title="Quill", stage_id=stages[0]["id"],
        practice_area_id=area["id"],
        case_blurb="Text\nBBBBBBBBBBBBBBBBBB22",
    )  # fmt: skip
    assert made["attributes"]["status"] == "pnc" and made["attributes"]["sub_status"] == "Pnc"
    links = made["relationships"]
    assert links["stage"]["data"] == {"id": stages[0]["id"], "type": "stage"}
    assert links["contact"]["data"] == {"id": contact["id"], "type": "contact"} and links["tasks"] == {"data": []}
    short = standin.call("GET", f"prospects/{made['id']}").json()["data"]
    assert list(short["attributes"]) == DEFAULT and short["relationships"] == {}
    some = standin.call("GET", f"prospects/{made['id']}?fields=stage,case_title,nonsense").json()["data"]
    assert list(some["attributes"]) == ["case_title"] and list(some["relationships"]) == ["stage"]
    listed = standin.call("GET", f"prospects?filter_by=contact_id&filter_on={contact['id']}").json()
    assert listed["meta"]["total_entries"] == 1
    assert standin.control("GET", "ledger")["prospects"]["by_marker"] == {"BBBBBBBBBBBBBBBBBB22": 1}
    seen = standin.call("GET", f"contacts/{contact['id']}?fields=prospects").json()["data"]["relationships"]
    assert seen["prospects"]["data"] == [{"id": made["id"], "type": "prospect"}]


def test_matter_with_unknown_links_is_refused_and_leaves_nothing(standin: Standin) -> None:
    answer = standin.call("POST", "prospects", json={"first_name": "Eve", "stage_id": 999999, "practice_area_id": "x"})
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert [error["title"] for error in errors] == ["Invalid prospect", "Invalid prospect"]
    assert standin.control("GET", "state")["totals"].get("contact") is None


def test_matter_without_contact_matches_by_email_then_makes_one(standin: Standin) -> None:
    contact = person(standin)
    same = standin.post("prospects", email="ada@example.com", first_name="Adah", case_title="Second")
    assert same["relationships"]["contact"]["data"]["id"] == contact["id"]
    assert standin.call("GET", f"contacts/{contact['id']}").json()["data"]["attributes"]["first_name"] == "Adah"
    other = standin.post("prospects", first_name="Ben", case_title="Third", match_contact_by="email")
    assert other["relationships"]["contact"]["data"]["id"] != contact["id"]


def test_notes_on_contact_and_matter(standin: Standin) -> None:
    contact = person(standin)
    matter = standin.post("prospects", contact_id=contact["id"])
    for kind, owner in (("Contact", contact), ("Prospect", matter)):
        note = standin.post("notes", notable_type=kind, notable_id=owner["id"], name="N", body="<b>kept</b> as is ")
        assert note["attributes"]["body"] == "<b>kept</b> as is " and note["relationships"] == {}
    standin.switch(note_target="no_contact")
    refused = standin.call("POST", "notes", json={"notable_type": "Contact", "notable_id": contact["id"], "body": "x"})
    assert refused.status_code == 422 and refused.json()["errors"][0]["title"] == "Invalid note"
    standin.call("PUT", f"contacts/{contact['id']}", json={"notes": [{"body": "again"}]})
    standin.call("PUT", f"contacts/{contact['id']}", json={"notes": [{"body": "again"}]})
    assert standin.call("GET", "notes").json()["meta"]["total_entries"] == 4


def test_paging_is_25_and_links_lie(standin: Standin) -> None:
    first = standin.call("GET", "stages?fields=name,order,pipeline").json()
    assert first["meta"] == {"total_pages": 2, "limit_per_page": 25, "total_entries": 34}
    assert first["links"] == {"self": "/v1/stage?page=1", "next": "/v1/stage?page=2"}
    assert standin.call("GET", "stages?page=3").json()["data"] == []
    last = standin.call("GET", "stages?page=2&per_page=5").json()
    assert len(last["data"]) == 9 and len(first["data"]) == 25
    assert "meta" not in standin.call("GET", "custom_fields").json()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("filter_by=email&filter_on=P1@example.com", 1),
        ("filter_field=email&filter_value=p%25&filter_operator=ilike", 3),
        ("filter_by=last_name&filter_on=quill", 3),
        ("filter_by=last_name&filter_on=quill&filter_with==", 0),
        ("filter_by=last_name&filter_on=Quill&filter_with==", 3),
        ("filter_by=last_name&filter_on=q%25&filter_with=like", 0),
        ("filter_by=birthdate&filter_with=null", 3),
        ("filter_by=created_at&filter_on=2001-01-01&filter_with=>", 3),
        ("filter_by=created_at&filter_on=2001-01-01&filter_with=<", 0),
        ("email=p1@example.com", 3),
    ],
)
def test_filters(standin: Standin, query: str, count: int) -> None:
    for number in range(3):
        person(standin, email=f"p{number}@example.com")
    answer = standin.call("GET", f"contacts?{query}")
    assert answer.status_code == 200 and answer.json()["meta"]["total_entries"] == count


@pytest.mark.parametrize(
    "path",
    [
        "activities?filter_by=firm_id&filter_on=1",
        "interactions?filter_by=matter_id&filter_on=1",
        "contacts?filter_by=email",
        "contacts?filter_by=nonsense&filter_on=1",
    ],
)
def test_filters_that_are_refused(standin: Standin, path: str) -> None:
    answer = standin.call("GET", path)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["title"] == "Filter By Parameter Not Available"


def test_errors(standin: Standin) -> None:
    missing = standin.call("GET", "contacts/999999999")
    assert (
        missing.status_code == 404
        and missing.json()["errors"][0]["detail"] == "Contact with id 999999999 was not found."
    )
    assert standin.call("GET", "matters").json()["errors"][0]["title"] == "Not Found"
    assert standin.call("POST", "activities", json={}).status_code == 404
    assert (
        standin.call("POST", "contacts", data="{broken", headers={"Content-Type": "application/json"}).status_code
        == 400
    )
    blank = standin.call("POST", "contacts", json={"email": "a@example.com"})
    assert blank.status_code == 422 and "Last name can't be blank" in [e["detail"] for e in blank.json()["errors"]]
    anonymous = standin.http.get(f"{standin.url}/v1/contacts", headers={"Authorization": "Bearer no"})
    assert (
        anonymous.status_code == 401 and anonymous.content == b"" and anonymous.headers["WWW-Authenticate"] == "Bearer"
    )
    for header in ("X-Request-Id", "X-Runtime", "ETag"):
        assert header in standin.call("GET", "users/me").headers


def test_other_account_is_invisible(standin: Standin) -> None:
    contact = person(standin)
    other = standin.control("POST", "accounts", name="Other account")
    standin.connect(other["id"])
    assert standin.call("GET", f"contacts/{contact['id']}").status_code == 404
    assert standin.call("GET", "contacts").json()["data"] == []
    assert standin.call("GET", "contacts/find_by_email/ada@example.com").status_code == 404
    assert standin.call("POST", "prospects", json={"contact_id": contact["id"]}).status_code == 422


@pytest.mark.parametrize(("mode", "status"), [("linked", "hired"), ("independent", "pnc")])
def test_sub_status_moves_the_status(standin: Standin, mode: str, status: str) -> None:
    standin.switch(sub_status_effect=mode)
    contact = person(standin)
    matter = standin.post("prospects", contact_id=contact["id"])
    hired = next(s for s in standin.call("GET", "sub_statuses").json()["data"] if s["attributes"]["status"] == "hired")
    assert hired["type"] == "sub_status"
    answer = standin.call("PUT", f"prospects/{matter['id']}?fields=all", json={"sub_status_id": hired["id"]}).json()[
        "data"
    ]
    assert answer["attributes"]["status"] == status and answer["attributes"]["sub_status"] == "Retained"
    assert bool(answer["attributes"]["converted_date"]) is (mode == "linked")


def test_stage_move_and_patch(standin: Standin) -> None:
    contact = person(standin)
    stages = standin.call("GET", "stages").json()["data"]
    matter = standin.post("prospects", contact_id=contact["id"], stage_id=stages[0]["id"])
    for method, key, stage in (("PUT", "stage_id", stages[1]), ("PATCH", "stage", stages[2])):
        answer = standin.call(method, f"prospects/{matter['id']}?fields=stage", json={key: stage["id"]})
        assert answer.status_code == 200
        assert answer.json()["data"]["relationships"]["stage"]["data"]["id"] == stage["id"]


def test_custom_fields_read_back_differently(standin: Standin) -> None:
    fields = {f["attributes"]["name"]: f for f in standin.call("GET", "custom_fields").json()["data"]}
    chosen = fields["Contact list"]["attributes"]["list_options"][1]
    values = [
        {"id": fields["Contact boolean"]["id"], "value": True},
        {"id": fields["Contact date"]["id"], "value": "06/28/1991"},
        {"id": fields["Contact list"]["id"], "value": chosen["name"]},
        {"id": fields["Contact datetime"]["id"], "value": "2023-12-31T00:00:00+00:00"},
    ]
    made = person(standin, custom_fields=values)
    rows = standin.call("GET", f"contacts/{made['id']}?fields=custom_fields").json()["data"]["attributes"][
        "custom_fields"
    ]
    assert len(rows) == 8  # each field twice on contacts
    seen = {row["name"]: (row["value"], row["formatted_value"]) for row in rows}
    assert seen["Contact boolean"] == (True, "Yes")
    assert seen["Contact date"] == ("1991-06-28", "June 28, 1991")
    assert seen["Contact list"] == (str(chosen["id"]), chosen["name"])
    assert seen["Contact datetime"] == ("2023-12-30T16:00:00.000-08:00", "December 30, 2023 at 4:00pm PST")
    bad = standin.call(
        "PUT", f"contacts/{made['id']}", json={"custom_fields": [{"id": values[2]["id"], "value": "none"}]}
    )
    assert bad.status_code == 422


def test_secondary_address_is_found_but_not_shown(standin: Standin) -> None:
    made = person(standin)
    standin.post("email_addresses", label="Work", info="work@example.com", informationable_type="Contact",
                 informationable_id=made["id"])  # fmt: skip
    hit = standin.call("GET", "contacts/find_by_email/work@example.com").json()["data"]
    assert hit["attributes"]["email"] == "ada@example.com"
    rows = standin.call("GET", f"email_addresses?filter_by=contact_id&filter_on={made['id']}").json()["data"]
    assert {row["attributes"]["info"] for row in rows} == {"ada@example.com", "work@example.com"}


def test_tags_areas_and_deletes(standin: Standin) -> None:
    contact = person(standin)
    matter = standin.post("prospects", contact_id=contact["id"])
    tagged = standin.call("POST", "tags/attach", json={"matter_id": matter["id"], "tags": ["New one", "Urgent"]}).json()
    assert len(tagged["data"]["relationships"]["tags"]["data"]) == 2
    listed = standin.call("GET", f"tags?filter_by=matter_id&filter_on={matter['id']}").json()["data"]
    assert {tag["attributes"]["name"] for tag in listed} == {"New one", "Urgent"}
    area = standin.post("practice_areas", name="Elder Law", color="navy")
    assert standin.call("PUT", f"practice_areas/{area['id']}", json={"name": "Elder"}).status_code == 201
    made = standin.post("sub_statuses", name="Paused", status="PNC")
    assert made["type"] == "prospect_sub_status" and made["attributes"]["status"] == "pnc"
    gone = standin.call("DELETE", f"contacts/{contact['id']}").json()["data"]
    assert gone["attributes"]["email"] is None
    assert standin.call("GET", f"prospects/{matter['id']}?fields=contact").json()["data"]["relationships"][
        "contact"
    ] == {"data": None}
    assert standin.call("GET", f"contacts/{contact['id']}").status_code == 404
