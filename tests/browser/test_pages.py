"""Every page with realistic data, wide and light, narrow and dark: nothing overflows, nothing fails, axe is clean."""

import io
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Role
from casehug.firms.services import add_member
from casehug.intake.models import CaseType, Document, Matter, Submission
from casehug.intake.selectors.matters import MatterFilters
from casehug.intake.services.clients import create_client
from casehug.intake.services.documents import approve_document, reject_document
from casehug.intake.services.links import create_intake_link
from casehug.intake.services.matters import create_matter
from casehug.intake.services.notes import add_note
from casehug.intake.services.portal import complete_portal, save_answers
from casehug.intake.services.saved_views import save_view
from casehug.intake.services.uploads import upload_document
from harness.standin import StandIn
from integrations.mappings.forms import refresh_forms
from integrations.mappings.services import prepare_account
from integrations.models import CatalogueItem, Connection, FieldMapping
from integrations.sync.services import request_sync
from tests.browser.conftest import Watched
from tests.conftest import PASSWORD, make_firm
from tests.plugin.stack import Stack

Window = Callable[..., Watched]
ADMIN = "admin.pages@example.com"
SETTINGS = "/settings/integrations/lawmatics/"
FULL_INTAKE = uuid.uuid5(uuid.NAMESPACE_URL, "stand-in:8101:3")  # a form of the stand-in with every kind of field
LONG = "Featherstonehaugh-Okonkwo — dissolution of a marriage with a business in three states"
PLAIN = {
    "date": "2019-05-03",
    "yesno": "yes",
    "number": "2",
    "phone": "(415) 555-0142",
    "longtext": "We want peace.\n" * 6,
}
# Made of nothing that another page does not show on a phone, too.
WIDE_ONLY = {"search-nothing", "matters-filtered-empty", "matter-client", "matter-archive", "link-end", "help-connect",
             "documents-decided", "disconnect", "log-chart", "sync-log-filtered-empty", "outgoing-webhooks", "import",
             "run-failed", "api-docs"}  # fmt: skip
NARROW_RULES = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"]
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@dataclass(frozen=True)
class World:
    """A connected firm with one synced and one open matter, and the addresses of everything in it."""

    staff: list[tuple[str, str]]
    portal: list[tuple[str, str]]
    base: str


def _connect(firm: Firm, standin: str) -> None:
    token = requests.post(f"{standin}/control/accounts/8101/token", json={}, timeout=10).json()["access_token"]
    with firm_scope(firm.id):
        row = Connection(provider="lawmatics", state=Connection.State.CONNECTED, remote_firm="8101",
                         links_account="8101", remote_firm_name="Lawmatics firm 8101")  # fmt: skip
        row.seal_token("access_token", token)
        row.save(force_insert=True)
    prepare_account(connection=row, lane=0)
    with firm_scope(firm.id):
        for name, question in (("Contact list", "preferred_contact"), ("Matter multi picklist", "county")):
            item = CatalogueItem.objects.get(kind="custom_field", name=name)
            FieldMapping.objects.create(connection=row, owner=item.extra["owner"], field_id=item.external_id,
                                        question_key=question)  # fmt: skip
    refresh_forms(connection=row)


def _matter(title: str, first: str, *, answered: bool) -> tuple[Matter, str]:
    """Make a matter; its client has answered and sent every required document, or has just begun."""
    email = f"{first}@example.com".lower()
    person = create_client(first_name=first, last_name="Featherstonehaugh-Okonkwo", email=email, phone="(415) 555-0142")
    case_type = CaseType.objects.get(key="divorce_standard")
    matter = create_matter(title=title, client_id=person.id, case_type_id=case_type.id, state="WA", county="King")
    add_note(matter_id=matter.id, body="Called the other side. " * 12)
    link = create_intake_link(matter_id=matter.id)
    if answered:
        save_answers(matter_id=matter.id, answers=_answers(case_type, first, email), source=Submission.Source.PORTAL)
        complete_portal(matter_id=matter.id)
        for document in Document.objects.filter(matter=matter, required=True):
            upload_document(
                document_id=document.id, file=io.BytesIO(PDF + str(document.id).encode()),
                filename="a scan with quite a long name of its own.pdf", content_type="application/pdf",
            )  # fmt: skip
    return matter, f"/portal/{link.token.reveal()}/"


def _answers(case_type: CaseType, first: str, email: str) -> dict[str, str]:
    known = {"first_name": first, "last_name": "Featherstonehaugh-Okonkwo", "email": email}
    return {
        each["key"]: known.get(each["key"]) or (each.get("options") or [""])[0] or PLAIN.get(each["kind"], first)
        for each in case_type.questions
    }


@pytest.fixture
def world(stack: Stack, committed_db: None) -> World:
    """Fill a firm: a synced matter with decisions, one whose client has just begun."""
    StandIn(stack.standin_url).reset(rate_limit="off")
    firm = make_firm("Alder")
    member = add_member(firm_id=firm.id, email=ADMIN, name="Dana Alder", role=Role.ADMIN, password=PASSWORD)
    _connect(firm, stack.standin_url)
    with firm_scope(firm.id):
        matter, finished = _matter(LONG, "Maya", answered=True)
        fresh, begun = _matter("Quill — custody", "Robin", answered=False)
        papers = list(Document.objects.filter(matter=matter, status="uploaded").order_by("position"))
        approve_document(document_id=papers[0].id)
        reject_document(document_id=papers[1].id, reason="Page 2 is cut off. Please photograph the whole page.")
        bare = create_matter(title="Nobody — will", case_type_id=CaseType.objects.get(key="divorce_standard").id)
        save_view(membership_id=member.id, name="Waiting for us", filters=MatterFilters(progress="to_review"))
        runs = [request_sync(matter_id=one.id, lane=WorkItem.Lane.BUTTON, trigger="manual") for one in (matter, bare)]
    _await(firm, runs[0].id, "done")
    _await(firm, runs[1].id, "dead")  # without a client nothing can be sent
    staff = _staff(matter, fresh, papers) + _outside(runs[0].id, runs[1].id)
    return World(staff, _portal(finished, begun), stack.base_url)


def _await(firm: Firm, run_id: uuid.UUID, status: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with firm_scope(firm.id):
            if WorkItem.objects.get(id=run_id).status == status:
                return
        time.sleep(0.2)
    raise AssertionError(f"the sync was not {status} within 30 s")


def _staff(matter: Matter, fresh: Matter, papers: list[Document]) -> list[tuple[str, str]]:
    here, there = f"/matters/{public_id('mat', matter.id)}/", f"/matters/{public_id('mat', fresh.id)}/"
    paper = f"/documents/{public_id('doc', papers[2].id)}/"
    assert matter.client_id is not None
    client = f"/clients/{public_id('cli', matter.client_id)}/"
    return [
        ("dashboard", "/"), ("search", "/search/?q=quill"), ("search-nothing", "/search/?q=zzzz"),
        ("matters", "/matters/"), ("matters-filtered-empty", "/matters/?q=zzzz"), ("matter-new", "/matters/new/"),
        ("matter-synced-page", here), ("matter-fresh", there), ("matter-edit", f"{here}edit/"),
        ("matter-client", f"{here}client/"), ("matter-archive", f"{here}archive/"),
        ("matter-approve", f"{here}approve/"),
        ("document-request", f"{here}documents/new/"), ("link-end", f"{there}link/revoke/"),
        ("client", client), ("client-edit", f"{client}edit/"),
        ("documents", "/documents/"), ("documents-decided", "/documents/?tab=decided"), ("document", paper),
        ("imports", "/imports/"), ("firm-profile", "/settings/firm/"), ("team", "/settings/team/"),
        ("matters-view", "/matters/?progress=to_review"), ("notifications", "/settings/notifications/"),
        ("api-keys", "/settings/api-keys/"), ("api-key-new", "/settings/api-keys/new/"), ("api-docs", "/api/docs/"),
        ("outgoing-webhooks", "/settings/outgoing-webhooks/"), ("outgoing-new", "/settings/outgoing-webhooks/new/"),
        ("audit-log", "/settings/audit/"), ("your-data", "/settings/data/"), ("client-erase", f"{client}erase/"),
        ("help", "/help/"), ("help-error", "/help/errors/mapping/"), ("help-connect", "/help/errors/connect/"),
    ]  # fmt: skip


def _outside(run: uuid.UUID, refused: uuid.UUID) -> list[tuple[str, str]]:
    """Return the pages of the integration."""
    here, failed = f"{SETTINGS}runs/{public_id('run', run)}/", f"{SETTINGS}runs/{public_id('run', refused)}/"
    return [
        ("integrations", "/settings/integrations/"), ("connection", SETTINGS), ("disconnect", f"{SETTINGS}disconnect/"),
        ("case-types", f"{SETTINGS}case-types/"),
        ("stage-status", f"{SETTINGS}status/"), ("fields", f"{SETTINGS}fields/"), ("forms", f"{SETTINGS}forms/"),
        ("form", f"{SETTINGS}forms/case-types/divorce_standard/?form={FULL_INTAKE}"),
        ("versions", f"{SETTINGS}mappings/case_types/"), ("import", f"{SETTINGS}mappings/fields/import/"),
        ("webhooks-empty", f"{SETTINGS}webhooks/"), ("pull-links", f"{SETTINGS}pull/links/"),
        ("bulk", f"{SETTINGS}bulk/"), ("sync-log", f"{SETTINGS}log/"), ("log-causes", f"{SETTINGS}log/?group=cause"),
        ("log-chart", f"{SETTINGS}log/chart/"), ("sync-log-filtered-empty", f"{SETTINGS}log/?text=zzzz"),
        ("run-failed", failed), ("run", here),
    ]  # fmt: skip


def _portal(finished: str, begun: str) -> list[tuple[str, str]]:
    return [
        ("portal-welcome-page", begun), ("portal-question", f"{begun}questions/1/"),
        ("portal-papers", f"{begun}documents/"), ("portal-send-missing", f"{begun}send/"),
        ("portal-finished", f"{finished}done/"), ("portal-sent-back", f"{finished}documents/"),
    ]  # fmt: skip


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def look(window: Watched, world: World, suffix: str, rules: dict[str, object]) -> None:
    """Open every page once: it answers, fits the width, and axe finds nothing; pictures are kept on request."""
    wrong: list[str] = []
    window.page.emulate_media(reduced_motion="reduce")  # nothing moves, so nothing has to be waited for
    for name, url in (one for one in world.portal + world.staff if suffix == "wide" or one[0] not in WIDE_ONLY):
        answer = window.page.goto(world.base + url)
        if answer is None or answer.status != 200:
            wrong.append(f"{name}: {url}: {answer and answer.status}")
            continue
        wrong += faults(window, name, suffix, rules)
    window.page.get_by_role("button", name="Inspect").first.click()  # a call of the run that is open last
    expect(window.page.get_by_role("heading", name="What this call looked like")).to_be_visible()
    wrong += faults(window, "call", suffix, rules)
    assert wrong == [], "\n".join(wrong)


STICKING_OUT = """[...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => one.outerHTML.slice(0, 120)).slice(-3)"""


def faults(window: Watched, name: str, suffix: str, rules: dict[str, object]) -> list[str]:
    """Return in words what is wrong with the page that is open."""
    wrong = []
    if window.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append(f"{name} is wider than the window: {window.page.evaluate(STICKING_OUT)}")
    if "CASEHUG_PICTURES" in os.environ:  # a picture of a whole page costs as much as all that is asked of it here
        window.picture(f"page-{name}-{suffix}")
    found = Axe().run(window.page, options={"runOnly": rules, "resultTypes": ["violations"]})
    return [*wrong, f"{name}\n{found.generate_report()}"] if found.violations_count else wrong


def test_every_page_wide_and_narrow(window: Window, world: World) -> None:
    wide, narrow = window(), window(width=390, scheme="dark")
    for each in (wide, narrow):
        sign_in(each.page, world.base)
    look(wide, world, "wide", {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    # What a phone in the dark changes are colours, sizes and what can be reached; names and roles are the same.
    look(narrow, world, "narrow-dark", {"type": "rule", "values": NARROW_RULES})
