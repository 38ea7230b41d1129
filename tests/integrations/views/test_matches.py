"""Matches to review with the stand-in: each situation and decision, what the next sync does, roles, double click."""

import uuid
from typing import Any

import pytest
from django.urls import reverse

from casehug.audit.models import AuditEntry
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.intake.models import Client, Matter
from casehug.intake.services.matters import create_matter
from integrations.contract.operations import RemoteRef
from integrations.models import Connection, ContactKey, ExternalLink, RemoteIntent
from integrations.sync.records import links
from integrations.sync.services import request_sync
from tests.conftest import Person
from tests.integrations.desk import Desk, make_desk

LIST = reverse("integration_matches", args=["lawmatics"])
MAIL = "jordan@example.com"


def there(desk: Desk, first: str = "Robin", email: str = MAIL, **more: Any) -> str:
    """Make a contact there, as the firm's own people would; return its id."""
    made = desk.twin.control("POST", "contacts", account=8101, first_name=first, last_name="Vale", email=email, **more)
    return str(made["id"])


def sync(desk: Desk, matter_id: uuid.UUID) -> WorkItem:
    """Press the button and run what is due until the row ends."""
    with firm_scope(desk.firm_id):
        item = request_sync(matter_id=matter_id)
    for _ in range(30):
        with firm_scope(desk.firm_id):
            due = list(WorkItem.objects.filter(status="ready").exclude(kind="late_sweep").values_list("id", flat=True))
        for one in due:
            run_item(one, desk.firm_id)
        with firm_scope(desk.firm_id):
            row: WorkItem = WorkItem.objects.get(id=item.id)
        if row.status in ("done", "dead"):
            break
    assert row.status == "done", row.last_error_text
    return row


def contact_link(desk: Desk) -> ExternalLink:
    with firm_scope(desk.firm_id):
        found: ExternalLink = ExternalLink.objects.get(local_type="contact")
        return found


def page(desk: Desk, url: str = LIST, role: str = "staff") -> str:
    answer = desk.people[role].browser.get(url)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def at(link: ExternalLink) -> str:
    return reverse("integration_match", args=["lawmatics", link.id])


def decide(
    desk: Desk, link: ExternalLink, decision: str, role: str = "staff", *, record: str = "", seen: str = ""
) -> str:
    """Press a button of the page; return what the next page says."""
    who: Person = desk.people[role]
    answer = who.browser.post(
        reverse("integration_match_decide", args=["lawmatics", link.id]),
        {"decision": decision, "seen": seen or f"{link.needs_review}:{link.external_id}", "record": record},
        follow=True,
    )  # fmt: skip
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def audits(desk: Desk) -> list[tuple[str, Any, str]]:
    with firm_scope(desk.firm_id):
        rows = AuditEntry.objects.filter(action__startswith="match.").order_by("seq")
        return [(one.action, one.actor_id, one.remote_id) for one in rows]


def person_there(desk: Desk, external_id: str) -> tuple[str, str]:
    """Return first name and e-mail of a contact there (a change of nothing answers with the record)."""
    found = desk.twin.control("PATCH", f"contacts/{external_id}")
    return found["first_name"], found["email"] or ""


@pytest.fixture
def doubtful(connected: Desk) -> tuple[Desk, uuid.UUID, str]:
    """A synced matter whose client's e-mail stands there under another name."""
    other = there(connected)
    matter_id = connected.matter()
    sync(connected, matter_id)
    link = contact_link(connected)
    assert (link.external_id, link.needs_review) == (other, "other_name")
    return connected, matter_id, other


def test_nothing_to_review(connected: Desk) -> None:
    assert "Nothing to review" in page(connected)
    assert "to review" not in page(connected, reverse("dashboard"))


def test_the_dashboard_leads_to_the_list_and_the_list_to_the_comparison(doubtful: tuple[Desk, uuid.UUID, str]) -> None:
    desk, matter_id, other = doubtful
    home = page(desk, reverse("dashboard"))
    assert "Lawmatics: 1 match to review" in home and LIST in home
    listed = page(desk)
    for wanted in ("Jordan Vale", "has another name in Lawmatics", "filled nothing in", at(contact_link(desk))):
        assert wanted in listed
    assert "Sync log" not in listed and "Sync log" in page(desk, role="admin")  # tabs only for whom they open
    assert at(contact_link(desk)) in page(desk, reverse("matter", args=[matter_id]))
    compared = page(desk, at(contact_link(desk)))
    for wanted in ("Robin Vale", "Jordan Vale", "Differs", other, "used now", "Not this person", "1 matter of this"):
        assert wanted in compared
    assert "disabled" in page(desk, at(contact_link(desk)), role="auditor").split("keep-it")[0][-300:]


def test_keep_confirms_the_link_once(doubtful: tuple[Desk, uuid.UUID, str]) -> None:
    desk, matter_id, other = doubtful
    link, person = contact_link(desk), desk.people["staff"].user
    said = decide(desk, link, "keep")
    assert "Kept. Nothing was sent." in said and "Kept as it is" in said and str(person) in said
    assert "decided before" in decide(desk, link, "keep") and "decided before" in decide(desk, link, "stranger")
    assert audits(desk) == [("match.kept", person.pk, other)]
    after = contact_link(desk)
    assert (after.external_id, after.needs_review, after.broken_at) == (other, "", None)
    before = desk.twin.made()
    sync(desk, matter_id)
    assert desk.twin.made() == before and person_there(desk, other) == ("Robin", MAIL)


def test_not_this_person_makes_a_new_contact_and_leaves_the_other_alone(
    doubtful: tuple[Desk, uuid.UUID, str],
) -> None:
    desk, matter_id, other = doubtful
    desk.twin.switch(contact_create="upsert")  # an account that would write over whoever has the address
    assert "makes a new one, without the e-mail address" in decide(desk, contact_link(desk), "stranger")
    gone = contact_link(desk)
    assert gone.broken_at is not None and (gone.external_id, gone.review_ids) == ("", [])
    sync(desk, matter_id)
    mine = contact_link(desk)
    assert (mine.how, mine.needs_review, mine.broken_at) == ("created", "", None)
    assert person_there(desk, other) == ("Robin", MAIL) and person_there(desk, mine.external_id) == ("Jordan", "")
    assert desk.twin.records("contact") == 2
    assert audits(desk) == [("match.not_this_person", desk.people["staff"].user.pk, other)]
    desk.change(settings={"update_matched_contacts": True})
    sync(desk, matter_id)
    assert person_there(desk, mine.external_id) == ("Jordan", "")  # also an update leaves the address out


def test_an_address_corrected_afterwards_counts_again(doubtful: tuple[Desk, uuid.UUID, str]) -> None:
    desk, matter_id, _ = doubtful
    right = there(desk, "Jordan", "right@example.com")
    decide(desk, contact_link(desk), "stranger")
    with firm_scope(desk.firm_id):
        Client.objects.update(email="right@example.com")
    sync(desk, matter_id)
    assert contact_link(desk).external_id == right


def test_choose_other_among_several(connected: Desk) -> None:
    first = there(connected, "Jordan", "old@example.com", secondary_emails=[MAIL])
    second = there(connected, "Jordan")
    matter_id = connected.matter()
    sync(connected, matter_id)
    link = contact_link(connected)
    assert (link.needs_review, link.external_id, link.review_ids) == ("ambiguous", first, [first, second])
    compared = page(connected, at(link))
    assert compared.count("Choose this one</") == 1 and f'value="{second}"' in compared
    strange = there(connected, "Mika", "mika@example.com")
    assert "none of those that came into question" in decide(connected, link, "other", record=strange)
    assert "not in Lawmatics any more" in decide(connected, link, "other", record="999999")
    assert "Another record is used" in decide(connected, link, "other", record=second)
    after = contact_link(connected)
    assert (after.external_id, after.label, after.how, after.needs_review) == (second, "Jordan Vale", "by_hand", "")
    with firm_scope(connected.firm_id):
        assert ContactKey.objects.get().external_id == second
    before = connected.twin.made()
    with firm_scope(connected.firm_id):
        mine = Matter.objects.get(id=matter_id)
        case = create_matter(title="Second", case_type_id=mine.case_type_id, client_id=mine.client_id)
    sync(connected, case.id)
    with firm_scope(connected.firm_id):
        made = ExternalLink.objects.get(local_type="matter", local_id=case.id)
    assert connected.twin.made()[0] == before[0]
    assert str(connected.twin.control("PATCH", f"matters/{made.external_id}")["contact_id"]) == second
    assert "match.moved" == audits(connected)[0][0]


def test_a_matter_left_twice_can_be_moved_to_the_other_one(connected: Desk) -> None:
    contact = there(connected, "Jordan")
    ids = [str(connected.twin.control("POST", "matters", account=8101, case_title=one, contact_id=contact)["id"])
           for one in ("First", "Twice", "Taken")]  # fmt: skip
    matter_id, other_id = connected.matter(), connected.matter(title="Other", client=False)
    with firm_scope(connected.firm_id):
        for local, remote in ((matter_id, ids[0]), (other_id, ids[2])):
            links.save(connection=connected.must(), local_type="matter", local_id=local,
                       ref=RemoteRef("matter", remote), how="created")  # fmt: skip
        links.flag_late_duplicate(ExternalLink.objects.get(external_id=ids[0]), ids)
        link = ExternalLink.objects.get(external_id=ids[0])
    compared = page(connected, at(link))
    assert "Twice" in compared and "Not this person" not in compared
    assert "changed since" in decide(connected, link, "stranger")
    assert "linked to another matter already" in decide(connected, link, "other", record=ids[2])
    decide(connected, link, "other", record=ids[1])
    with firm_scope(connected.firm_id):
        link.refresh_from_db()
        assert (link.external_id, link.needs_review, link.review_ids) == (ids[1], "", sorted(ids, key=int))


def test_a_contact_gone_there_is_looked_for_again(doubtful: tuple[Desk, uuid.UUID, str]) -> None:
    desk, matter_id, other = doubtful
    desk.twin.control("POST", f"contacts/{other}/delete")
    with firm_scope(desk.firm_id):
        ExternalLink.objects.filter(local_type="contact").update(needs_review="deleted_there")
    link = contact_link(desk)
    compared = page(desk, at(link))
    assert "Not there any more" in compared and "It is not there any more." in compared
    assert "looks for the client again" in decide(desk, link, "again")
    sync(desk, matter_id)
    assert contact_link(desk).how == "created" and contact_link(desk).broken_at is None
    assert "Nothing to review" in page(desk)


def test_a_link_that_healed_by_itself_asks_nobody(doubtful: tuple[Desk, uuid.UUID, str]) -> None:
    desk, matter_id, other = doubtful
    desk.twin.control("POST", f"contacts/{other}/delete")
    with firm_scope(desk.firm_id):
        links.mark_broken(ExternalLink.objects.get(local_type="contact"))
    sync(desk, matter_id)
    assert contact_link(desk).needs_review == "" and "Nothing to review" in page(desk)


def test_a_doubt_that_changed_meanwhile_is_not_decided(doubtful: tuple[Desk, uuid.UUID, str]) -> None:
    desk, _, other = doubtful
    link = contact_link(desk)
    for decision, seen in (("keep", "ambiguous:1"), ("nonsense", ""), ("", "")):
        assert "changed since" in decide(desk, link, decision, seen=seen)
    assert contact_link(desk).needs_review == "other_name" and audits(desk) == []


def test_a_running_sync_and_a_watched_call_come_first(doubtful: tuple[Desk, uuid.UUID, str]) -> None:
    desk, matter_id, _ = doubtful
    link = contact_link(desk)
    with firm_scope(desk.firm_id):
        item = request_sync(matter_id=matter_id)
        WorkItem.objects.filter(id=item.id).update(status="running")
    assert "under way" in decide(desk, link, "stranger")
    with firm_scope(desk.firm_id):
        WorkItem.objects.filter(id=item.id).update(status="cancelled")
        intent = RemoteIntent.objects.filter(kind="matter").first()
        assert intent is not None
        RemoteIntent.objects.filter(id=intent.id).update(kind="contact", subject_id=link.local_id, frozen=b"x")
    assert "watched for a day" in decide(desk, link, "stranger")
    assert contact_link(desk).needs_review == "other_name"
    assert "Kept." in decide(desk, link, "keep")


def test_without_an_answer_nothing_is_compared_but_keep_works(doubtful: tuple[Desk, uuid.UUID, str]) -> None:
    desk, _, other = doubtful
    link = contact_link(desk)
    desk.change(state=Connection.State.NEEDS_RECONNECT)
    compared = page(desk, at(link))
    assert "cannot be compared here" in compared and "Robin" not in compared
    assert "Nothing was decided." in decide(desk, link, "other", record=other)
    assert "Kept." in decide(desk, link, "keep")


def test_roles_and_another_firm(doubtful: tuple[Desk, uuid.UUID, str]) -> None:
    desk, _, _ = doubtful
    link = contact_link(desk)
    stranger = make_desk(desk.twin, "Northgate")
    url = reverse("integration_match_decide", args=["lawmatics", link.id])
    given = {"decision": "keep", "seen": f"{link.needs_review}:{link.external_id}"}
    assert desk.people["auditor"].browser.post(url, given).status_code == 403
    assert stranger.admin.post(url, given).status_code == 404 and stranger.admin.get(at(link)).status_code == 404
    assert "Jordan" not in page(stranger)
    assert contact_link(desk).needs_review == "other_name" and audits(desk) == []
    assert desk.people["attorney"].browser.post(url, given).status_code == 302
