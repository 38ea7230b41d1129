"""Saved views: a member names a filter, opens it, deletes it; nobody else has it."""

import html
from typing import Any

from django.urls import reverse

from casehug.common.scope import firm_scope
from casehug.intake.models import SavedView
from casehug.intake.services.saved_views import MOST_VIEWS
from tests.casehug.intake.views.conftest import Desk
from tests.conftest import Person

FILTER = "q=Quill&status=pending"


def save(person: Person, name: str, query: str = FILTER) -> str:
    """Press “Save view” and return the list that follows."""
    answer: Any = person.browser.post(reverse("view_save"), {"name": name, "filter": query}, follow=True)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_a_filter_is_saved_opened_and_deleted(desk: Desk, staff: Person, attorney: Person) -> None:
    desk.matter(title="Quill estate")
    desk.matter(title="Oak estate")
    shown = save(staff, " Quill,  pending ", f"{FILTER}&after=bnx8&odd=1")
    assert "The view is saved." in shown and "Save this filter" not in shown
    with firm_scope(desk.firm.id):
        view = SavedView.objects.get()
    assert (view.name, view.query) == ("Quill, pending", FILTER)  # neither a place in the list nor what is no filter
    listed = staff.browser.get(reverse("matters"))
    assert f"{reverse('matters')}?{FILTER.replace('&', '&amp;')}" in listed.content.decode()
    opened = staff.browser.get(f"{reverse('matters')}?{view.query}")
    assert [matter.title for matter in opened.context["page"].rows] == ["Quill estate"]
    assert "Quill, pending" not in attorney.browser.get(reverse("matters")).content.decode()
    address = reverse("view_delete", args=[view.id])
    assert attorney.browser.post(address).status_code == 404
    assert "The view is deleted." in staff.browser.post(address, follow=True).content.decode()
    assert staff.browser.post(address).status_code == 404
    assert desk.count(SavedView) == 0


def test_names_are_unique_per_member_and_pressing_twice_is_one_view(
    desk: Desk, staff: Person, attorney: Person
) -> None:
    assert all("The view is saved." in save(person, "Mine") for person in (staff, staff, attorney))
    assert desk.count(SavedView) == 2
    taken = save(staff, "Mine", "status=closed")
    assert "You already have a view called “Mine”" in taken
    with firm_scope(desk.firm.id):
        assert set(SavedView.objects.values_list("query", flat=True)) == {FILTER}


def test_bad_input_is_explained_and_keeps_the_filter(desk: Desk, auditor: Person) -> None:
    desk.matter()
    assert "Please fill this in." in save(auditor, " ")
    assert "longer than 60" in save(auditor, "x" * 61)
    shown = save(auditor, "All", "status=nonsense&after=x")
    assert "Nothing is filtered" in shown
    for number in range(MOST_VIEWS):
        save(auditor, f"View {number}")
    assert f"You have {MOST_VIEWS} views" in save(auditor, "One more")
    assert desk.count(SavedView) == MOST_VIEWS
