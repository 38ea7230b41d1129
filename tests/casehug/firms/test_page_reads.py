"""What a page reads once: within one safe request, never beyond it, and never for another firm."""

import re

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from casehug.common.models import Standstill
from casehug.common.scope import OutsideFirmScope, firm_scope
from casehug.firms.access import firm_page, memberships_of
from casehug.firms.models import Firm, Notice
from casehug.firms.page_reads import (
    FIRM,
    answers,
    count_of,
    fact,
    frame_statement,
    once_a_page,
    own_firm,
    page_now,
    page_reads,
)
from casehug.intake.models import Client
from casehug.intake.services.clients import create_client
from tests.conftest import Person


@once_a_page
def clients() -> int:
    return int(Client.objects.count())


@firm_page("clients.view")
def look_twice(request: HttpRequest) -> HttpResponse:
    """A view that counts, adds a client, and counts again."""
    before = clients()
    create_client(first_name="Ada", last_name="Quill", email="")
    return HttpResponse(f"{before} {clients()}")


def ask(person: Person, method: str) -> str:
    request = getattr(RequestFactory(), method)("/")
    request.user, request.membership = person.user, memberships_of(person.user.id)[0]
    return look_twice(request).content.decode()


def test_a_page_reads_once_and_the_next_one_reads_again(admin: Person) -> None:
    assert ask(admin, "get") == "0 0", "one page shows one state"
    assert ask(admin, "get") == "1 1", "the next page sees what was changed"


def test_a_request_that_may_change_something_keeps_nothing(admin: Person) -> None:
    assert ask(admin, "post") == "0 1"


def test_nothing_of_one_firm_is_kept_for_another(admin: Person, stranger: Person) -> None:
    assert ask(admin, "get") == "0 0"
    assert ask(stranger, "get") == "0 0"
    assert ask(admin, "get") == "1 1"


def test_outside_a_page_every_read_is_made(firm: Firm) -> None:
    with firm_scope(firm.id):
        assert clients() == 0
        create_client(first_name="Ada", last_name="Quill", email="")
        assert clients() == 1
        Firm.objects.update(name="Rivera and Quill")
        assert own_firm().name == "Rivera and Quill"


def test_figures_of_the_frame_are_one_statement_with_the_firm_and_the_time(firm: Firm) -> None:
    with firm_scope(firm.id), page_reads(), CaptureQueriesContext(connection) as asked:
        assert own_firm() == firm and page_now() is not None
        assert fact("documents_to_review") == 0 and fact("alarm_of") is None
        assert fact("everything_paused") is False and fact("connection_needs_person") is False
    assert len(asked) == 1


def test_the_statement_of_the_frame_is_the_same_for_every_firm_at_any_time(admin: Person, stranger: Person) -> None:
    made = []
    for person in (admin, stranger):
        with firm_scope(person.firm_id):
            made.append(frame_statement())
            assert person.firm_id not in made[-1][1]
    assert made[0] == made[1], "what changes from page to page may not stand in a statement that is kept"
    assert made[0][1].count(FIRM) > 10


def test_each_firm_sees_its_own_figures_through_the_kept_statement(admin: Person, stranger: Person) -> None:
    with firm_scope(stranger.firm_id):
        Notice.objects.create(kind="test", subject_id=stranger.firm_id)
    found = {}
    for person in (admin, stranger, admin):
        with firm_scope(person.firm_id), page_reads():
            found[own_firm().id] = fact("notices_stand")
    assert found == {admin.firm_id: False, stranger.firm_id: True}


def test_several_figures_are_one_statement(firm: Firm) -> None:
    with firm_scope(firm.id):
        create_client(first_name="Ada", last_name="Quill", email="")
        with CaptureQueriesContext(connection) as asked:
            everybody = Client.objects.order_by("last_name")
            found = answers(all_of_them=count_of(everybody), none=count_of(everybody.filter(first_name="Bo")))
    assert found == {"all_of_them": 1, "none": 0} and len(asked) == 1


def test_figures_need_a_firm(db: None) -> None:
    with page_reads(), pytest.raises(OutsideFirmScope):
        fact("documents_to_review")


def test_a_change_shows_on_the_next_page(admin: Person) -> None:
    """The frame of every page is asked anew: name, banner and counts are never older than the page."""
    address = reverse("firm_profile")
    assert b"has paused everything" not in admin.browser.get(address).content
    Standstill.objects.create()
    with firm_scope(admin.firm_id):
        Firm.objects.update(name="Quill Partners")
    page = admin.browser.get(address).content.decode()
    assert "has paused everything" in page and re.search("Quill Partners", page)
