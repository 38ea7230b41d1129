"""Lists, search, timeline, the client's view, and the one view that may leave the firm."""

import uuid
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta

import pytest
from django.utils import timezone

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.errors import NotFound
from casehug.intake.models import CaseType, Document, Matter, Submission
from casehug.intake.selectors import MatterForSync, matter_for_sync
from casehug.intake.selectors.dashboard import intake_counts
from casehug.intake.selectors.documents import checklist, documents_to_review, next_to_review
from casehug.intake.selectors.matters import PROGRESS, MatterFilters, matter_detail, matter_list
from casehug.intake.selectors.portal import portal_view
from casehug.intake.selectors.search import possible_duplicates, search
from casehug.intake.selectors.timeline import timeline
from casehug.intake.services.clients import create_client, update_client
from casehug.intake.services.documents import approve_document, reject_document, set_document_required
from casehug.intake.services.links import create_intake_link
from casehug.intake.services.matters import archive_matter, create_matter, update_matter
from casehug.intake.services.notes import add_note
from casehug.intake.services.portal import complete_portal, save_answers
from tests.casehug.intake.conftest import PDF_BYTES, REQUIRED_ANSWERS

Give = Callable[..., Document]


def titles(**filters: str) -> list[str]:
    return [matter.title for matter in matter_list(filters=MatterFilters(**filters)).rows]


def progress(matter: Matter) -> str:
    found = matter_detail(matter.id).progress
    listed = [key for key in PROGRESS if matter.title in titles(progress=key)]
    assert listed == [found]  # the filter and the word always agree
    return found


def test_progress_follows_the_intake(matter: Matter, give: Give) -> None:
    assert progress(matter) == "not_started"
    save_answers(matter_id=matter.id, answers=REQUIRED_ANSWERS)
    assert progress(matter) == "in_progress"
    complete_portal(matter_id=matter.id)
    assert progress(matter) == "waiting_for_client"
    required = list(Document.objects.filter(matter=matter, required=True))
    give(required[0])
    assert progress(matter) == "to_review"
    reject_document(document_id=required[0].id, reason="Blurred")
    assert progress(matter) == "waiting_for_client"
    for document in required:
        set_document_required(document_id=document.id, required=False)
    give(required[0], PDF_BYTES + b"2")
    approve_document(document_id=required[0].id)
    assert progress(matter) == "approved"


def test_an_intake_that_only_waits_for_the_firm_is_ready(submitted: Matter) -> None:
    for document in Document.objects.filter(matter=submitted, required=True):
        set_document_required(document_id=document.id, required=False)
    assert progress(submitted) == "ready"
    assert intake_counts().ready_to_approve == 1


def test_the_list_filters_and_hides_archived_matters(divorce: CaseType) -> None:
    other = CaseType.objects.get(key="other")
    old = create_matter(title="Old", case_type_id=other.id)
    create_matter(title="New", case_type_id=divorce.id, county="Kings")
    archived = create_matter(title="Gone", case_type_id=other.id)
    archive_matter(matter_id=archived.id)
    Matter.objects.filter(id=old.id).update(created_at=timezone.now() - timedelta(days=100))
    assert titles() == ["New", "Old"]
    assert titles(status="archived") == ["Gone"]
    assert titles(case_type="other") == titles(age="older") == ["Old"]
    assert titles(practice_area="family_law") == titles(age="7") == titles(text="KINGS") == ["New"]
    assert titles(text=old.public_id) == ["Old"]
    odd = MatterFilters.from_query({"status": "nonsense", "progress": "x", "age": "1", "q": "  a  b "})
    assert odd == MatterFilters(text="a b")


def test_paging_by_key_shows_every_row_once_in_both_directions(divorce: CaseType) -> None:
    for number in range(7):
        create_matter(title=f"M{number}", case_type_id=divorce.id)
    same = timezone.now()
    Matter.objects.update(updated_at=same)  # equal times: the id decides
    everything, cursor, pages = [], "", []
    while True:
        page = matter_list(filters=MatterFilters(), cursor=cursor, size=3)
        everything += [matter.title for matter in page.rows]
        pages.append([matter.title for matter in page.rows])
        if not page.next_cursor:
            break
        cursor = page.next_cursor
    assert sorted(everything) == [f"M{number}" for number in range(7)]
    back = matter_list(filters=MatterFilters(), cursor=page.previous_cursor, size=3)
    assert [matter.title for matter in back.rows] == pages[1]
    first = matter_list(filters=MatterFilters(), cursor=back.previous_cursor, size=3)
    assert [matter.title for matter in first.rows] == pages[0]
    assert first.previous_cursor == ""
    for broken in ("x", "!!", cursor[:-3], "bnx8"):
        assert [m.title for m in matter_list(filters=MatterFilters(), cursor=broken, size=3).rows] == pages[0]


def test_search_finds_people_by_any_word_and_number(divorce: CaseType) -> None:
    client = create_client(first_name="Renée", last_name="O'Brien-Ñandú", email="r@example.com", phone="(281) 948-2199")
    create_matter(title="Estate of Oak", case_type_id=divorce.id, client_id=client.id)
    for text in ("renee", "NANDU", "r@example", "948-2199", "oak renee", client.public_id):
        found = search(text)
        assert client in found.clients or found.matters, text
    assert search("  ").matters == ()
    assert search("oak nobody").matters == ()
    assert search("%_'); DROP").clients == ()


def test_possible_duplicates_are_hints(scope: uuid.UUID) -> None:
    client = create_client(first_name="Ada", last_name="Quill", email="ada@example.com", phone="(281) 948-2199")
    assert possible_duplicates(email=" ADA@Example.com ") == [client]
    assert possible_duplicates(phone="1 281 948 2199") == [client]
    assert possible_duplicates(first_name="ADA", last_name="quill") == [client]
    assert possible_duplicates(first_name="Ada", last_name="Quillon") == []
    assert possible_duplicates() == []


def test_the_review_queue_is_oldest_first_and_ends(matter: Matter, give: Give) -> None:
    items = [give(document) for document in Document.objects.filter(matter=matter).order_by("position")[:3]]
    page = documents_to_review(size=2)
    assert [document.id for document in page.rows] == [items[0].id, items[1].id]
    assert [d.id for d in documents_to_review(cursor=page.next_cursor, size=2).rows] == [items[2].id]
    assert next_to_review(items[0]) == items[1]
    assert next_to_review(items[2]) == items[0]
    for item in items:
        approve_document(document_id=item.id)
    assert documents_to_review().rows == []
    archive_matter(matter_id=matter.id)
    assert intake_counts().documents_to_review == 0


def test_the_checklist_counts_required_items(matter: Matter, give: Give) -> None:
    required = list(Document.objects.filter(matter=matter, required=True))
    approve_document(document_id=give(required[0]).id)
    give(required[1])
    shown = checklist(matter.id)
    assert (shown.total, shown.given, shown.done, shown.percent) == (5, 2, 1, 40)
    assert [group.category for group in shown.groups][:2] == ["Identification", "Family"]
    assert len(shown.documents) == Document.objects.filter(matter=matter).count()


def test_the_timeline_is_newest_first_and_keeps_notes_to_those_who_may(submitted: Matter, give: Give) -> None:
    create_intake_link(matter_id=submitted.id)
    document = give(Document.objects.filter(matter=submitted)[0])
    reject_document(document_id=document.id, reason="Please rotate it.")
    add_note(matter_id=submitted.id, body="Privileged thought")
    entries = timeline(submitted, with_notes=True)
    assert [entry.kind for entry in entries] == ["note", "rejected", "upload", "link", "answers", "status"]
    assert entries == sorted(entries, key=lambda entry: entry.at, reverse=True)
    assert "Privileged" not in str(timeline(submitted, with_notes=False))


def test_the_client_sees_nothing_internal(matter: Matter) -> None:
    client = create_client(first_name="Ada", last_name="Quill", notes="CANARY-notes")
    update_matter(matter_id=matter.id, client_id=client.id, title="CANARY-title", description="CANARY-description")
    add_note(matter_id=matter.id, body="CANARY-note")
    save_answers(matter_id=matter.id, answers={"email": "ada@example.com"})
    view = portal_view(matter.id)
    assert "CANARY" not in repr(view)
    assert view.matter_name == "Divorce — Standard"
    details = {question.key: question for question in view.groups[0].questions}
    assert (details["first_name"].value, details["first_name"].prefilled) == ("Ada", True)
    assert (details["email"].value, details["email"].prefilled) == ("ada@example.com", False)
    assert not view.everything_in


def test_only_what_the_client_submitted_may_leave(submitted: Matter, give: Give) -> None:
    client = submitted.client
    assert client is not None
    update_client(client_id=client.id, notes="CANARY", phone="(281) 948-2199 x7")
    update_matter(matter_id=submitted.id, description="CANARY")
    add_note(matter_id=submitted.id, body="CANARY")
    document = give(Document.objects.filter(matter=submitted, required=True).order_by("position")[0])
    reject_document(document_id=document.id, reason="CANARY")
    staff = Submission.Source.STAFF_ENTRY
    save_answers(matter_id=submitted.id, answers={**REQUIRED_ANSWERS, "county": "CANARY"}, source=staff)
    complete_portal(matter_id=submitted.id, source=staff)
    record = matter_for_sync(submitted.id)
    assert "CANARY" not in repr(record)
    assert record.client_phone == "+12819482199 x7"
    assert {answer.source for answer in record.answers} == {"portal"}
    assert record.open_items[0] == "Photo ID" and record.completed_items == ()
    assert {"notes", "description", "reason", "reasons"}.isdisjoint(field.name for field in fields(MatterForSync))


def test_answers_leave_only_after_they_were_sent(matter: Matter) -> None:
    save_answers(matter_id=matter.id, answers=REQUIRED_ANSWERS)
    assert matter_for_sync(matter.id).answers == ()
    complete_portal(matter_id=matter.id)
    assert len(matter_for_sync(matter.id).answers) == len(REQUIRED_ANSWERS)


def test_another_firm_sees_nothing(firm: Firm, other_firm: Firm) -> None:
    with firm_scope(firm.id):
        client = create_client(first_name="Ada", last_name="Quill", email="ada@example.com")
        matter = create_matter(title="Ours", case_type_id=CaseType.objects.get(key="other").id, client_id=client.id)
    with firm_scope(other_firm.id):
        for look in (matter_for_sync, matter_detail, portal_view):
            with pytest.raises(NotFound):
                look(matter.id)
        assert titles() == []
        assert search("Ada") == search("")
        assert possible_duplicates(email="ada@example.com") == []
        assert checklist(matter.id).documents == ()
