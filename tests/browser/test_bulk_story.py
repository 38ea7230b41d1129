"""A bulk sync as people click it, while its worker is killed in the middle: nothing doubled, nothing lost."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from casehug.common.scope import firm_scope
from casehug.firms.models import Role
from casehug.firms.services import add_member
from harness.offices import Office, make_office, wait_until
from harness.standin import StandIn, count
from integrations.models import BulkRun, Connection
from integrations.sync.bulk.outcomes import count as outcomes
from tests.browser.conftest import Watched, look
from tests.conftest import PASSWORD
from tests.plugin.stack import Stack

Window = Callable[..., Watched]
ADMIN = "admin.bulk@example.com"
FAST = {"CASEHUG_SETTLE_SECONDS": "2", "CASEHUG_LEASE_SECONDS": "2"}
MATTERS = 9


@dataclass
class Bulk:
    """A connected firm with matters, and how its bulk sync stands."""

    office: Office
    standin: StandIn

    def done(self) -> int:
        with firm_scope(self.office.firm_id):
            return outcomes(BulkRun.objects.latest("created_at")).done


@pytest.fixture
def bulk(stack: Stack, committed_db: None) -> Iterator[Bulk]:
    standin = StandIn(stack.standin_url)
    standin.reset()
    office = make_office(standin)
    add_member(firm_id=office.firm_id, email=ADMIN, name="Dana Alder", role=Role.ADMIN, password=PASSWORD)
    for number in range(MATTERS):
        office.matter(email=f"bulk.{number}@example.com", title=f"Quill {number}", last=f"Quill {number}")
    with firm_scope(office.firm_id):
        Connection.objects.update(calls_per_minute=300)
    stack.restart_worker(FAST)
    yield Bulk(office, standin)
    stack.restart_worker()


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


@pytest.mark.slow
def test_dry_run_trial_and_the_rest_over_a_killed_worker(stack: Stack, bulk: Bulk, window: Window) -> None:
    desk, phone = window(), window(width=390, height=844, scheme="dark")
    page = desk.page
    sign_in(page, stack.base_url)
    page.goto(f"{stack.base_url}/matters/")
    for box in page.get_by_role("checkbox", name="Choose Quill").all()[:8]:
        box.check()
    look(desk, "bulk-choose")
    page.get_by_role("button", name="Dry run for the chosen matters").click()
    expect(page.get_by_label("Number of records to send")).to_be_visible(timeout=40_000)
    expect(page.get_by_text("24 to 25", exact=True)).to_be_visible()  # 8 × 3; the first note may be looked for once
    look(desk, "bulk-plan")
    page.get_by_role("link", name=re.compile("What is sent.*Quill 5")).click()
    expect(page.get_by_text("bulk.5@example.com")).to_be_visible()
    look(desk, "bulk-content")
    page.go_back()
    page.get_by_label("Number of records to send").fill("8")
    page.get_by_role("button", name="Start the bulk sync").click()
    expect(page.get_by_role("button", name="Continue with the rest")).to_be_visible(timeout=60_000)
    look(desk, "bulk-trial")
    page.get_by_role("button", name="Continue with the rest").click()
    wait_until(lambda: bulk.done() >= 6, seconds=60)
    stack.kill_worker()
    sign_in(phone.page, stack.base_url)  # another device sees the same
    phone.page.goto(page.url)
    look(phone, "bulk-live-phone-dark")
    stack.restart_worker(FAST)
    expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name="Download every record (CSV)")).to_be_visible()
    look(desk, "bulk-summary")
    expect(phone.page.get_by_text("Finished", exact=True)).to_be_visible(timeout=30_000)  # it followed by itself
    expect(phone.page.get_by_role("link", name="Download every record (CSV)")).to_be_visible()
    look(phone, "bulk-summary-phone-dark")
    found = count(bulk.standin, contacts=8, matters=8)
    assert (found.doubled, found.lost, bulk.done()) == (0, 0, 8)
    page.goto(f"{stack.base_url}/settings/integrations/lawmatics/bulk/")
    expect(page.get_by_text("8 selected matters")).to_be_visible()
    look(desk, "bulk-home")
