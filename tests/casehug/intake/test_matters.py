"""Matters, clients, their status and their checklist."""

import uuid
from collections.abc import Callable

import pytest

from casehug.common.actor import actor_context
from casehug.common.scope import OutsideFirmScope, firm_scope
from casehug.firms.models import Firm
from casehug.intake.errors import Invalid, NotFound, Refused
from casehug.intake.models import CaseType, Client, Document, Matter, StatusChange
from casehug.intake.services.case_types import CaseTypeFinder, ensure_default_case_types
from casehug.intake.services.clients import create_client, update_client
from casehug.intake.services.matters import archive_matter, change_status, create_matter, restore_matter, update_matter
from casehug.intake.services.notes import add_note
from casehug.outbox.models import OutboxEvent

Published = Callable[[], list[str]]


def test_a_new_firm_has_case_types_for_every_practice_area(scope: uuid.UUID) -> None:
    areas = set(CaseType.objects.values_list("practice_area", flat=True))
    assert areas == {
        "family_law", "personal_injury", "estate_planning", "immigration",
        "criminal", "business", "real_estate", "other",
    }  # fmt: skip
    assert CaseType.objects.filter(practice_area="family_law").count() == 5
    assert ensure_default_case_types() == 0
    for case_type in CaseType.objects.all():
        assert any(document["required"] for document in case_type.documents), case_type.key
        assert len({question["key"] for question in case_type.questions}) == len(case_type.questions)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Divorce — Standard", "divorce_standard"),
        ("divorce - standard", "divorce_standard"),
        ("Divorce (Standard)", "divorce_standard"),
        ("DIVORCE (BUSINESS OWNER)", "divorce_business_owner"),
        ("Post-Decree Modification", "post_decree"),
        ("real_estate_closing", "real_estate_closing"),
    ],
)
def test_case_types_are_found_in_every_usual_spelling(scope: uuid.UUID, text: str, key: str) -> None:
    found = CaseTypeFinder().find(text)
    assert found is not None
    assert found.key == key


def test_a_part_of_a_name_is_a_hint_and_never_a_match(scope: uuid.UUID) -> None:
    finder = CaseTypeFinder()
    assert finder.find("Custody") is None
    assert finder.similar("Custody") == ["Custody Only"]


def test_create_matter_builds_checklist_history_and_event(matter: Matter, published: Published) -> None:
    assert (matter.status, matter.practice_area, matter.client) == ("pending", "family_law", None)
    assert Document.objects.filter(matter=matter, required=True).count() == 5
    assert list(StatusChange.objects.filter(matter=matter).values_list("from_status", "to_status")) == [("", "pending")]
    assert published() == ["matter.created"]


def test_the_checklist_knows_community_property_states(divorce: CaseType) -> None:
    texas = create_matter(title="T", case_type_id=divorce.id, state="Texas")
    maine = create_matter(title="M", case_type_id=divorce.id, state="ME")
    keys = [set(Document.objects.filter(matter=each).values_list("key", flat=True)) for each in (texas, maine)]
    assert keys[0] - keys[1] == {"community_property_list"}


def test_create_matter_names_every_wrong_field(scope: uuid.UUID) -> None:
    with pytest.raises(Invalid) as caught:
        create_matter(title=" ", case_type_id=uuid.uuid4(), state="Atlantis", client_id=uuid.uuid4(), county="c" * 121)
    assert set(caught.value.fields) == {"title", "case_type_id", "state", "client_id", "county"}
    assert not Matter.objects.exists()


def test_foreign_ids_are_not_found(firm: Firm, other_firm: Firm) -> None:
    with firm_scope(firm.id):
        case_type = CaseType.objects.get(key="other")
        matter = create_matter(title="Ours", case_type_id=case_type.id)
        client = create_client(first_name="Ada", last_name="Quill")
    with firm_scope(other_firm.id):
        with pytest.raises(NotFound):
            update_matter(matter_id=matter.id, title="Theirs")
        with pytest.raises(Invalid):
            create_matter(title="Theirs", case_type_id=case_type.id)
        theirs = create_matter(title="Theirs", case_type_id=CaseType.objects.get(key="other").id)
        with pytest.raises(Invalid):
            update_matter(matter_id=theirs.id, client_id=client.id)
    with pytest.raises(OutsideFirmScope):
        update_matter(matter_id=matter.id, title="Nowhere")


def test_update_matter_publishes_only_real_changes(matter: Matter, published: Published) -> None:
    update_matter(matter_id=matter.id, title="Quill v. Quill")
    assert published() == ["matter.created"]
    update_matter(matter_id=matter.id, title="Other", description="Internal words")
    event = OutboxEvent.objects.get(type="matter.updated")
    assert event.data["fields"] == ["description", "title"]
    assert "Internal words" not in str(event.data)


def test_another_case_type_swaps_untouched_items_only(matter: Matter, give: Callable[..., Document]) -> None:
    licence = give(Document.objects.get(matter=matter, key="marriage_certificate"))
    auto = CaseType.objects.get(key="personal_injury_auto")
    update_matter(matter_id=matter.id, case_type_id=auto.id)
    keys = set(Document.objects.filter(matter=matter).values_list("key", flat=True))
    assert licence.key in keys
    assert "police_report" in keys
    assert "tax_returns" not in keys
    matter.refresh_from_db()
    assert matter.practice_area == "personal_injury"


def test_status_follows_people_and_providers(matter: Matter, published: Published) -> None:
    actor = uuid.uuid4()
    with actor_context(user_id=actor):
        assert change_status(matter_id=matter.id, to="closed")
    assert change_status(matter_id=matter.id, to="active", source="lawmatics", origin="connection:1")
    assert not change_status(matter_id=matter.id, to="active", source="lawmatics")
    matter.refresh_from_db()
    assert (matter.status, matter.status_set_by) == ("active", "lawmatics")
    history = (
        StatusChange.objects.filter(matter=matter).order_by("created_at").values_list("to_status", "source", "actor_id")
    )
    assert list(history)[1:] == [("closed", "person", actor), ("active", "lawmatics", None)]
    assert OutboxEvent.objects.filter(type="matter.updated").order_by("-created_at")[0].origin == "connection:1"
    with pytest.raises(Invalid):
        change_status(matter_id=matter.id, to="archived")


def test_an_archived_matter_refuses_edits_and_comes_back(matter: Matter, published: Published) -> None:
    change_status(matter_id=matter.id, to="active")
    archive_matter(matter_id=matter.id)
    archive_matter(matter_id=matter.id)
    assert published().count("matter.archived") == 1
    for edit in (
        lambda: update_matter(matter_id=matter.id, title="X"),
        lambda: change_status(matter_id=matter.id, to="closed"),
        lambda: add_note(matter_id=matter.id, body="x"),
    ):
        with pytest.raises(Refused) as caught:
            edit()
        assert caught.value.code == "matter_archived"
    assert change_status(matter_id=matter.id, to="closed", source="lawmatics") is False
    restore_matter(matter_id=matter.id)
    matter.refresh_from_db()
    assert matter.status == "active"


def test_clients_are_cleaned_and_normalised(scope: uuid.UUID, published: Published) -> None:
    client = create_client(
        first_name="  Zoe\u0308 ", last_name="Quill", email="Zoe@EXAMPLE.com", phone="(281) 948-2199 x12",
        address={"line1": "1 Elm St", "suite": "4", "unknown": "x"}, notes="internal",
    )  # fmt: skip
    assert (client.first_name, client.email, client.email_key) == ("Zoë", "Zoe@example.com", "zoe@example.com")
    assert client.phone_display == "+12819482199 x12"
    assert client.address == {"line1": "1 Elm St", "line2": "4"}
    assert published() == ["client.created"]
    assert "example" not in str(OutboxEvent.objects.get().data)


def test_client_values_are_checked_and_nothing_is_cut(scope: uuid.UUID) -> None:
    with pytest.raises(Invalid) as caught:
        create_client(first_name="x" * 256, last_name="", email="a@b")
    assert set(caught.value.fields) == {"first_name", "email"}
    with pytest.raises(Invalid):
        create_client(first_name=" \u202e ", last_name="")
    assert create_client(first_name="x" * 255).first_name == "x" * 255


def test_families_may_share_an_address(scope: uuid.UUID) -> None:
    create_client(first_name="Ada", last_name="Quill", email="home@example.com")
    create_client(first_name="Ben", last_name="Quill", email="HOME@example.com")
    assert Client.objects.filter(email_key="home@example.com").count() == 2


def test_update_client_changes_only_what_is_given(scope: uuid.UUID) -> None:
    client = create_client(first_name="Ada", last_name="Quill", email="ada@example.com")
    update_client(client_id=client.id, email="")
    client.refresh_from_db()
    assert (client.first_name, client.email, client.email_key) == ("Ada", "", "")
    with pytest.raises(NotFound):
        update_client(client_id=uuid.uuid4(), email="")
