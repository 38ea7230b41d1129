"""Two stories of a firm admin with the real stand-in: webhooks in, from the secret to a replay; and Pull Matters."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from casehug.audit.models import AuditEntry
from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Role
from casehug.firms.services import add_member
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from harness.standin import StandIn
from integrations.mappings.services import prepare_account
from integrations.models import Connection, ExternalLink
from tests.browser.conftest import Watched, look
from tests.conftest import PASSWORD, make_firm
from tests.plugin.stack import Stack

Window = Callable[..., Watched]
ADMIN, AUDITOR, SECRET = "admin.hooks@example.com", "auditor.hooks@example.com", "whsec_of_the_story"
# What one drag, a new contact, a form and a signed document send: Lawmatics' own names and the product's.
SENT = {"matter.updated", "matter.stage_changed", "contact.created", "form.submitted", "envelope.completed"}


@dataclass(frozen=True)
class Office:
    """A connected firm; its matter is linked to `remote`, where it stands in the first stage."""

    firm: Firm
    matter: Matter
    remote: int
    standin: StandIn
    settings: str


@pytest.fixture
def office(stack: Stack, committed_db: None) -> Office:
    standin = StandIn(stack.standin_url)
    standin.reset(webhook_names="both")
    firm = make_firm("Alder")
    add_member(firm_id=firm.id, email=ADMIN, name="Dana Alder", role=Role.ADMIN, password=PASSWORD)
    add_member(firm_id=firm.id, email=AUDITOR, name="Kit Rowe", role=Role.AUDITOR, password=PASSWORD)
    token = standin.control("POST", "accounts/8101/token")["access_token"]
    with firm_scope(firm.id):
        row = Connection(provider="lawmatics", state=Connection.State.CONNECTED, remote_firm="8101",
                         links_account="8101", remote_firm_name="Lawmatics firm 8101")  # fmt: skip
        row.seal_token("access_token", token)
        row.save(force_insert=True)
    prepare_account(connection=row, lane=0)
    remote = there(standin, "Quill v. Quill", "maya@example.com", stage="New Lead")
    with firm_scope(firm.id):
        person = create_client(first_name="Maya", last_name="Quill", email="maya@example.com")
        case_type = CaseType.objects.get(key="divorce_standard")
        matter = create_matter(title="Quill — divorce", case_type_id=case_type.id, client_id=person.id)
        ExternalLink.objects.create(connection=row, remote_firm="8101", local_type="matter", local_id=matter.id,
                                    external_id=str(remote), label="Quill v. Quill")  # fmt: skip
    return Office(firm, matter, remote, standin, f"{stack.base_url}/settings/integrations/lawmatics/")


def there(standin: StandIn, title: str, email: str, *, stage: str = "") -> int:
    """Make a matter with its person there, as the firm's people would."""
    made = standin.control("POST", "matters", account=8101, first_name="Maya", last_name="Quill", email=email,
                           case_title=title)  # fmt: skip
    if stage:
        standin.control("POST", f"matters/{made['id']}/stage", stage_name=stage)
    return int(made["id"])


def sign_in(view: Watched, base: str, email: str = ADMIN) -> Page:
    page = view.page
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    return page


def on_the_phone(window: Window, desktop: Watched) -> Watched:
    """A dark phone of the person who is signed in."""
    phone = window(width=390, scheme="dark")
    phone.context.add_cookies(desktop.context.cookies())  # type: ignore[arg-type]
    return phone


def until_settled(page: Page, url: str, names: set[str]) -> None:
    """Load the page again until every one of these events is there and has its result."""
    for _ in range(60):
        page.goto(url)
        there_now = set(page.locator("#events tbody a.primary").all_inner_texts())
        if names <= there_now and not page.locator("#events").get_by_text("Queued").count():
            return
        page.wait_for_timeout(200)
    raise AssertionError(page.locator("#events").inner_text())


@pytest.mark.slow
def test_webhooks_in(stack: Stack, office: Office, window: Window) -> None:
    admin, hooks = window(), f"{office.settings}webhooks/"
    page = sign_in(admin, stack.base_url)
    page.goto(hooks)
    address = page.get_by_label("Receiver address").input_value()
    page.get_by_label("Webhook", exact=True).fill("Stages")
    page.get_by_label("Secret", exact=True).fill(SECRET)
    page.get_by_role("button", name="Store secret").click()
    expect(page.get_by_text("The secret is stored.", exact=False)).to_be_visible()
    assert SECRET not in page.content()
    office.standin.control("POST", "webhooks", name="Stages", url=address, event_type="*", secret=SECRET)

    page.goto(stack.standin_url)  # the CRM as the firm's people see it
    stage = page.locator("[data-stage-id]").filter(has=page.get_by_role("heading", name="Retained")).first
    page.locator(f"[data-matter-id='{office.remote}']").drag_to(stage)
    expect(stage.locator(f"[data-matter-id='{office.remote}']")).to_be_visible()
    office.standin.control("POST", "contacts", account=8101, first_name="Ida", email="ida@example.com")
    for name in ("form.submitted", "envelope.completed"):
        office.standin.control("POST", "webhooks/fire", event_type=name, data={"matter_id": office.remote})
    office.standin.control("POST", "webhooks/fire", event_type="matter.updated", forged=True,
                           data={"matter_id": office.remote})  # fmt: skip

    until_settled(page, hooks, SENT)
    expect(page.locator("#unverified tbody tr")).to_have_count(1)
    look(admin, "webhooks")
    page.goto(f"{stack.base_url}/matters/{public_id('mat', office.matter.id)}/")
    expect(page.locator("main")).to_contain_text("Active")
    expect(page.locator("main")).to_contain_text("document signed")
    with firm_scope(office.firm.id):
        office.matter.refresh_from_db()
        assert office.matter.status == "active"

    page.goto(hooks)
    page.locator("#unverified tbody a.primary").click()
    expect(page.get_by_text("does not match", exact=False).first).to_be_visible()  # why it was not acted on
    forged = page.url
    page.goto(hooks)
    page.get_by_role("link", name="matter.stage_changed").first.click()
    event = page.url
    page.get_by_role("button", name="Show content").click()
    expect(page.get_by_label("Content of the event")).to_contain_text(str(office.remote))
    look(admin, "webhook-event")
    page.goto(event)
    page.get_by_role("button", name="Process again").click()
    expect(page.get_by_text("Processed again").locator("xpath=following-sibling::dd")).to_have_text("1")
    with firm_scope(office.firm.id):
        seen = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"inbound_event.content_viewed", "inbound_event.replayed"} <= seen, seen

    auditor = window()
    sign_in(auditor, stack.base_url, AUDITOR).goto(event)
    expect(auditor.page.locator("#show-content")).to_have_attribute("aria-disabled", "true")
    expect(auditor.page.get_by_text("Only a firm admin", exact=False).first).to_be_visible()
    phone = on_the_phone(window, admin)
    for name, url in (("webhooks", hooks), ("webhook-event", event), ("webhook-unverified", forged)):
        look(phone, f"{name}-phone-dark", url)


@pytest.mark.slow
def test_pull_matters(stack: Stack, office: Office, window: Window) -> None:
    there(office.standin, "Oak v. Oak", "robin@example.com")
    with firm_scope(office.firm.id):
        person = create_client(first_name="Robin", last_name="Oak", email="robin@example.com")
        case_type = CaseType.objects.get(key="divorce_standard")
        create_matter(title="Oak — divorce", case_type_id=case_type.id, client_id=person.id)
    admin, pull = window(), f"{office.settings}pull/"
    page = sign_in(admin, stack.base_url)
    look(admin, "pull-matters", pull)
    expect(page.get_by_text("Nothing is imported", exact=False)).to_be_visible()
    page.get_by_role("link", name="Link … Oak v. Oak").click()
    page.get_by_role("link", name="Compare with Oak — divorce").click()
    look(admin, "pull-compare")
    compare = page.url
    page.get_by_role("button", name="Link the two").click()
    expect(page.get_by_text("A person linked the two by hand", exact=False)).to_be_visible()
    look(admin, "pull-why")
    why = page.url
    phone = on_the_phone(window, admin)
    for name, url in (("pull-matters", pull), ("pull-why", why)):
        look(phone, f"{name}-phone-dark", url)
    page.get_by_role("link", name="Unlink …").click()
    page.get_by_role("button", name=re.compile("Unlink")).click()
    page.goto(pull)
    expect(page.get_by_role("link", name="Link … Oak v. Oak")).to_be_visible()
    look(phone, "pull-compare-phone-dark", compare)
