"""Who may open and do what: every route of the pages, every role, a stranger of another firm, nobody."""

import pytest
from django.test import Client as Browser
from django.urls import get_resolver, reverse

from casehug.common.scope import firm_scope
from casehug.intake.models import ImportBatch, SavedView, Upload
from casehug.intake.services.imports import check_intakes
from tests.casehug.intake.views.conftest import Desk
from tests.conftest import Person
from tests.proofs.rows import make_row

CSV = b"First Name,Last Name,Case Type,Source Ref\nAda,Quill,Divorce,R-1\n"
# Route: which of admin, attorney, staff, auditor may GET it.
EVERYONE, WORKERS = "admin attorney staff auditor", "admin attorney staff"
READS = {
    "dashboard": EVERYONE, "search": EVERYONE, "matters": EVERYONE, "matter": EVERYONE, "client": EVERYONE,
    "document": EVERYONE, "upload_download": EVERYONE,
    "matter_new": WORKERS, "client_choices": WORKERS, "matter_edit": WORKERS, "matter_client": WORKERS,
    "matter_archive": WORKERS, "intake_approve": WORKERS, "link_revoke": WORKERS, "document_request": WORKERS,
    "client_edit": WORKERS, "documents": WORKERS, "imports": WORKERS, "import_report": WORKERS,
    "import_progress": WORKERS, "import_explanations": WORKERS,
}  # fmt: skip
WRITES = {
    "matter_status", "matter_restore", "note_add", "link_create", "link_send", "link_mark_sent", "document_approve",
    "document_send_back", "document_reverse", "document_required", "import_start",
}  # fmt: skip
WRITES_TOO = {"matter_new", "matter_edit", "matter_client", "matter_archive", "intake_approve", "link_revoke",
              "document_request", "client_edit", "imports"}  # fmt: skip
OWN = {"view_save", "view_delete"}  # what a member keeps for themselves, so every role may


@pytest.fixture
def addresses(desk: Desk) -> dict[str, str]:
    """One address per route, all about records of the firm under test."""
    client = desk.client()
    matter = desk.matter(client)
    desk.token(matter)
    document = desk.give(desk.documents(matter)[0])
    with firm_scope(desk.firm.id):
        upload = Upload.objects.get()
        batch: ImportBatch = check_intakes(data=CSV, filename="intakes.csv")
        view = make_row(SavedView)
    ids = {"mat": matter.id, "cli": client.id, "doc": document.id, "upl": upload.id, "imp": batch.id, "viw": view.id}
    found = {}
    for name, prefix in route_prefixes().items():
        found[name] = reverse(name, args=[ids[prefix]] if prefix else [])
    return found


def route_prefixes() -> dict[str, str]:
    """Return every route of the pages outside the portal with the kind of id it takes."""
    found: dict[str, str] = {}

    def walk(patterns: list[object], before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)  # type: ignore[attr-defined]
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, route)
            elif not route.startswith("portal/"):
                found[pattern.name] = route.partition("<")[2].partition(":")[0]  # type: ignore[attr-defined]

    own = [each for each in get_resolver().url_patterns if getattr(each, "urlconf_module", None) is not None]
    walk([each for each in own if each.urlconf_module.__name__ == "casehug.intake.urls"], "")
    return found


def test_every_route_is_in_this_matrix() -> None:
    assert set(route_prefixes()) == set(READS) | WRITES | OWN


@pytest.mark.parametrize("role", ["admin", "attorney", "staff", "auditor"])
def test_roles_read_what_they_may(role: str, addresses: dict[str, str], request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(role)
    for name, roles in READS.items():
        wanted = 200 if role in roles.split() else 403
        assert person.browser.get(addresses[name]).status_code == wanted, name


def test_auditor_changes_nothing(addresses: dict[str, str], auditor: Person) -> None:
    for name in WRITES | WRITES_TOO:
        assert auditor.browser.post(addresses[name], {"body": "x", "status": "active"}).status_code == 403, name


def test_stranger_finds_nothing(addresses: dict[str, str], stranger: Person, desk: Desk) -> None:
    for name, prefix in route_prefixes().items():
        if not prefix:
            page = stranger.browser.get(addresses[name]).content.decode()
            assert "Quill" not in page, name
            continue
        if name in READS:
            assert stranger.browser.get(addresses[name]).status_code == 404, name
        if name in WRITES | WRITES_TOO | OWN:
            answer = stranger.browser.post(addresses[name], {"body": "x", "status": "active", "kind": "old"})
            assert answer.status_code == 404, name


def test_anonymous_signs_in_first(addresses: dict[str, str]) -> None:
    for name, address in addresses.items():
        answer = Browser().post(address) if name in WRITES | OWN else Browser().get(address)
        if name in WRITES | OWN:
            assert answer.status_code in (302, 403), name
        assert answer.status_code == 302 and "/accounts/login/" in answer["Location"], name


def test_changes_need_a_form_token(addresses: dict[str, str], staff: Person) -> None:
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(staff.user)
    for name in WRITES | WRITES_TOO:
        assert strict.post(addresses[name], {}).status_code == 403, name


def test_acts_cannot_be_reached_by_a_link(addresses: dict[str, str], staff: Person) -> None:
    for name in WRITES:
        assert staff.browser.get(addresses[name]).status_code == 405, name
