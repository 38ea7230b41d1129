"""The list, a new matter, and the matter's page."""

import html
import uuid

from django.urls import reverse

from casehug.common.scope import firm_scope
from casehug.firms.models import Membership
from casehug.intake.models import CaseType, Client, Matter, Note
from tests.casehug.intake.views.conftest import Desk
from tests.conftest import Person


def page(person: Person, name: str, *args: uuid.UUID, **query: str) -> str:
    """Return a page as text."""
    answer = person.browser.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def new_matter(desk: Desk, **more: str) -> dict[str, str]:
    """Return the fields of a filled-in form."""
    with firm_scope(desk.firm.id):
        case_type = CaseType.objects.get(key="divorce_standard")
    return {"title": "Quill v. Quill", "case_type": str(case_type.id), "state": "CO", "county": "Denver", **more}


def test_list_pages_by_key_and_filters(desk: Desk, staff: Person) -> None:
    for number in range(53):
        desk.matter(title=f"Matter {number:02}")
    first = staff.browser.get(reverse("matters"))
    assert len(first.context["page"].rows) == 50 and first.context["next_url"]
    second = staff.browser.get(first.context["next_url"])
    assert {m.title for m in second.context["page"].rows} == {"Matter 00", "Matter 01", "Matter 02"}
    found = page(staff, "matters", q="Matter 07", status="pending")
    assert "Matter 07" in found and "Matter 08" not in found and "text “Matter 07”, Status is Pending" in found
    assert "Nothing matches this filter" in page(staff, "matters", status="closed")
    assert "No more matters" not in page(staff, "matters", after="broken")


def test_empty_firm_is_told_what_to_do(staff: Person, auditor: Person) -> None:
    assert "No matters yet" in page(staff, "matters")
    assert "Welcome to CaseHug" in page(staff, "dashboard")
    assert "Only a firm admin, attorney or intake staff may do this." in page(auditor, "matters")
    assert "What are you looking for?" in page(staff, "search")


def test_dashboard_leads_to_what_waits(desk: Desk, staff: Person) -> None:
    desk.give(desk.documents(desk.matter())[0])
    answer = staff.browser.get(reverse("dashboard"))
    needs = {row["text"]: (row["count"], row["url"]) for row in answer.context["needs"]}
    assert needs["Documents to review"] == (1, reverse("documents"))
    steps = {step["label"]: step["done"] for step in answer.context["first_steps"]}
    assert steps["Open a first matter"] is True and steps["Send a first intake link"] is False


def test_search_finds_matters_and_clients(desk: Desk, staff: Person) -> None:
    desk.matter(desk.client())
    found = page(staff, "search", q="quill")
    assert "Quill v. Quill" in found and "ada.quill@example.com" in found
    assert "Nothing was found for “zzz”" in page(staff, "search", q="zzz")


def test_new_matter_with_a_new_client(desk: Desk, staff: Person, key: str) -> None:
    form = new_matter(
        desk, choice="new", first_name="Ada", last_name="Quill", email="Ada@Example.com", idempotency_key=key
    )
    answer = staff.browser.post(reverse("matter_new"), form)
    with firm_scope(desk.firm.id):
        matter = Matter.objects.select_related("client").get()
    assert answer["Location"] == reverse("matter", args=[matter.id])
    assert matter.client.email_key == "ada@example.com" and matter.county == "Denver"
    again = staff.browser.post(reverse("matter_new"), form)  # reload, double click, back button
    assert again["Location"] == answer["Location"]
    assert desk.count(Matter) == 1 and desk.count(Client) == 1


def test_possible_duplicate_is_asked_about_before_saving(desk: Desk, staff: Person, key: str) -> None:
    known = desk.client()
    form = new_matter(
        desk, choice="new", first_name="A.", last_name="Quill", email=" ADA.QUILL@example.com", idempotency_key=key
    )
    asked = staff.browser.post(reverse("matter_new"), form)
    assert asked.status_code == 200 and "Is this the same person?" in asked.content.decode()
    assert desk.count(Matter) == 0 and desk.count(Client) == 1
    hidden = {**asked.context["hidden"], "idempotency_key": key, "duplicate": known.public_id}
    staff.browser.post(reverse("matter_new"), hidden)
    assert desk.count(Matter, client_id=known.id) == 1 and desk.count(Client) == 1
    other = {**asked.context["hidden"], "idempotency_key": str(uuid.uuid4()), "duplicate": "new"}
    staff.browser.post(reverse("matter_new"), other)
    assert desk.count(Matter) == 2 and desk.count(Client) == 2


def test_existing_client_is_found_while_typing(desk: Desk, staff: Person) -> None:
    known = desk.client()
    fragment = page(staff, "client_choices", find="ada.qu")
    assert known.public_id in fragment and "<html" not in fragment
    assert "Nobody found for “zz”" in page(staff, "client_choices", find="zz")
    without_script = staff.browser.post(reverse("matter_new"), new_matter(desk, find="Quill", search="yes"))
    assert known.public_id in without_script.content.decode() and without_script.status_code == 200
    staff.browser.post(reverse("matter_new"), new_matter(desk, choice="existing", find="Quill", client=known.public_id))
    assert desk.count(Matter, client_id=known.id) == 1


def test_matter_without_client_says_what_that_means(desk: Desk, staff: Person) -> None:
    staff.browser.post(reverse("matter_new"), new_matter(desk, choice="none"))
    with firm_scope(desk.firm.id):
        matter = Matter.objects.get()
    shown = page(staff, "matter", matter.id)
    assert "No client yet" in shown and "The client has no e-mail address." in shown
    staff.browser.post(
        reverse("matter_client", args=[matter.id]), {"choice": "new", "first_name": "Bo", "last_name": "Ek"}
    )
    assert desk.fresh(matter).client_id is not None


def test_errors_keep_what_was_typed(desk: Desk, staff: Person) -> None:
    form = new_matter(desk, title="", choice="new", first_name="Ada", email="no address")
    answer = staff.browser.post(reverse("matter_new"), form)
    shown = answer.content.decode()
    assert answer.status_code == 422 and desk.count(Matter) == 0 and desk.count(Client) == 0
    assert 'role="alert"' in shown and 'value="no address"' in shown
    form["title"] = "Quill"
    answer = staff.browser.post(reverse("matter_new"), form)
    assert answer.status_code == 422 and "not a complete e-mail" in answer.content.decode() and desk.count(Matter) == 0


def test_edit_status_archive_restore(desk: Desk, staff: Person) -> None:
    matter = desk.matter(desk.client())
    edit = new_matter(desk, title="Quill and Quill", practice_area="family_law", attorney="", description="ours")
    assert staff.browser.post(reverse("matter_edit", args=[matter.id]), edit).status_code == 302
    staff.browser.post(reverse("matter_status", args=[matter.id]), {"status": "active"})
    shown = page(staff, "matter", matter.id)
    assert "Quill and Quill" in shown and "set by Intake staff" in shown
    consequence = page(staff, "matter_archive", matter.id)
    assert "The intake link stops working at once." in consequence
    staff.browser.post(reverse("matter_archive", args=[matter.id]))
    assert desk.fresh(matter).status == "archived"
    assert "This matter is archived" in page(staff, "matter", matter.id)
    answer = staff.browser.post(reverse("matter_status", args=[matter.id]), {"status": "closed"}, follow=True)
    assert "archived" in answer.content.decode() and desk.fresh(matter).status == "archived"
    staff.browser.post(reverse("matter_restore", args=[matter.id]))
    assert desk.fresh(matter).status == "active"


def test_notes_are_for_the_firm_and_not_for_auditors(desk: Desk, staff: Person, auditor: Person, key: str) -> None:
    matter = desk.matter(desk.client())
    for _ in range(2):
        staff.browser.post(reverse("note_add", args=[matter.id]), {"body": "SETTLEMENT RANGE", "idempotency_key": key})
    assert desk.count(Note) == 1
    shown = page(staff, "matter", matter.id)
    assert "Never leaves the firm" in shown and "SETTLEMENT RANGE" in shown and "INTERNAL-DESCRIPTION" in shown
    hidden = page(auditor, "matter", matter.id)
    assert "SETTLEMENT RANGE" not in hidden and "INTERNAL-DESCRIPTION" not in hidden
    assert "INTERNAL-CLIENT" not in page(auditor, "client", matter.client_id)
    empty = staff.browser.post(reverse("note_add", args=[matter.id]), {"body": ""})
    assert empty.status_code == 422 and desk.count(Note) == 1


def test_client_page_and_edit(desk: Desk, staff: Person) -> None:
    client = desk.client()
    desk.matter(client)
    assert "Quill v. Quill" in page(staff, "client", client.id)
    form = {"first_name": "Ada", "last_name": "Quill-Ek", "email": "ada@example.com", "phone": "303 555 0100",
            "date_of_birth": "1980-02-29", "line1": "1 Elm St", "city": "Denver", "state": "CO",
            "zip": "80014"}  # fmt: skip
    assert staff.browser.post(reverse("client_edit", args=[client.id]), form).status_code == 302
    changed = desk.fresh(client)
    assert changed.full_name == "Ada Quill-Ek" and changed.address["zip"] == "80014"
    wrong = staff.browser.post(reverse("client_edit", args=[client.id]), {**form, "email": "a@b@c"})
    assert wrong.status_code == 422 and 'id="id_email_error"' in wrong.content.decode()


def test_scripts_in_names_stay_text(desk: Desk, staff: Person) -> None:
    client = desk.client(first_name="<script>alert(1)</script>", last_name="</title>")
    matter = desk.matter(client, title="<img src=x onerror=alert(1)>")
    for name, target in (("matter", matter.id), ("client", client.id), ("matter_edit", matter.id)):
        raw = staff.browser.get(reverse(name, args=[target])).content.decode()
        assert "<script>alert(1)" not in raw and "<img src=x" not in raw


def test_attorney_who_left_stays_until_changed(desk: Desk, staff: Person, attorney: Person) -> None:
    matter = desk.matter()
    form = new_matter(desk, practice_area="family_law", attorney=str(attorney.user.id), description="")
    staff.browser.post(reverse("matter_edit", args=[matter.id]), form)
    assert desk.fresh(matter).assigned_attorney_id == attorney.user.id
    with firm_scope(desk.firm.id):
        Membership.objects.filter(user=attorney.user).update(active=False)
    assert "A former member" in page(staff, "matter_edit", matter.id)
    saved = staff.browser.post(reverse("matter_edit", args=[matter.id]), {**form, "county": "Boulder"})
    assert saved.status_code == 302 and desk.fresh(matter).assigned_attorney_id == attorney.user.id
