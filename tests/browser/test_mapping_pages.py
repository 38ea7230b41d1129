"""The mappings as a firm admin uses them: choose, review, save, go back, import, and replace what was deleted there."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Role
from casehug.firms.services import add_member
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from harness.standin import StandIn
from integrations.mappings.services import prepare_account
from integrations.models import CaseTypeMapping, Connection
from integrations.sync.services import request_sync
from tests.browser.conftest import Watched, look
from tests.conftest import PASSWORD, make_firm
from tests.plugin.stack import Stack

Window = Callable[..., Watched]
ADMIN = "admin.maps@example.com"


@pytest.fixture
def firm(stack: Stack, committed_db: None) -> Firm:
    """A connected firm with one matter that was not sent yet."""
    StandIn(stack.standin_url).reset(rate_limit="off")
    made = make_firm("Alder")
    add_member(firm_id=made.id, email=ADMIN, name="Dana Alder", role=Role.ADMIN, password=PASSWORD)
    answer = requests.post(f"{stack.standin_url}/control/accounts/8101/token", json={}, timeout=10)
    with firm_scope(made.id):
        row = Connection(provider="lawmatics", state=Connection.State.CONNECTED, remote_firm="8101",
                         links_account="8101", remote_firm_name="Lawmatics firm 8101")  # fmt: skip
        row.seal_token("access_token", answer.json()["access_token"])
        row.save(force_insert=True)
        person = create_client(first_name="Maya", last_name="Quill", email="maya@example.com")
        case_type = CaseType.objects.get(key="divorce_standard")
        create_matter(title="Quill — divorce", case_type_id=case_type.id, client_id=person.id)
    prepare_account(connection=row, lane=0)
    return made


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def choose_and_save(office: Watched, home: str) -> None:
    """Choose a stage, see the difference, change the mind, save."""
    page = office.page
    look(office, "mappings", home)
    choice = page.get_by_label("Stage for Divorce — Standard")
    choice.select_option(label="Family Law / Consultation Held")
    page.get_by_role("button", name="Review changes").click()
    expect(page.get_by_role("heading", name="What changes")).to_be_visible()
    look(office, "mappings-review")
    page.get_by_role("button", name="Change something").click()
    expect(choice.locator("option:checked")).to_have_text("Family Law / Consultation Held")
    page.get_by_role("button", name="Review changes").click()
    page.get_by_role("button", name="Save these changes").click()
    expect(page.get_by_text("One mapping changed.")).to_be_visible()


def go_back_and_import(office: Watched, home: str, folder: Path) -> None:
    """Restore the first version, then import a wrong and a right file."""
    page = office.page
    page.locator("#content").get_by_role("link", name="Versions").click()
    look(office, "mapping-versions")
    page.get_by_role("link", name="Version 1").click()
    look(office, "mapping-version")
    page.get_by_role("button", name="Go back to this version").click()
    expect(page.get_by_text("Version 1 is in force again", exact=False)).to_be_visible()
    with page.expect_download() as download:
        page.locator("#content").get_by_role("link", name="Export").click()
    content = json.loads(Path(download.value.path()).read_text())
    right, wrong = folder / "right.json", folder / "wrong.json"
    row = next(one for one in content["rows"] if one["key"] == "divorce_standard")
    row |= {"stage_id": "999999", "origin": "chosen"}
    wrong.write_text(json.dumps(content))
    row |= {"stage_id": ""}
    right.write_text(json.dumps(content))
    page.locator("#content").get_by_role("link", name="Import").click()
    page.get_by_label("File (.json)").set_input_files(wrong)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("does not exist in the connected account", exact=False)).to_be_visible()
    look(office, "mapping-import-wrong")
    assert len(office.faults) == 1 and "422" in office.faults.pop(), "the browser notes the refused file, nothing else"
    page.get_by_label("Another file (.json)").set_input_files(right)
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("button", name="Apply the file").click()
    expect(page.get_by_text("The file is in force: one line changed.")).to_be_visible()


def delete_there(stack: Stack, firm: Firm) -> None:
    with firm_scope(firm.id):
        gone = CaseTypeMapping.objects.get(case_type="area:family_law").stage_id
    assert requests.post(f"{stack.standin_url}/control/stages/{gone}/delete", json={}, timeout=10).ok


def wait_for(page: Page, firm: Firm, run: uuid.UUID, status: str) -> None:
    for _ in range(100):
        with firm_scope(firm.id):
            if WorkItem.objects.get(id=run).status == status:
                return
        page.wait_for_timeout(100)
    raise AssertionError(f"the sync did not become {status}")


@pytest.mark.slow
def test_mapping_pages(stack: Stack, firm: Firm, window: Window, tmp_path: Path) -> None:
    office, home = window(), f"{stack.base_url}/settings/integrations/lawmatics/case-types/"
    page = office.page
    sign_in(page, stack.base_url)
    choose_and_save(office, home)
    go_back_and_import(office, home, tmp_path)
    delete_there(stack, firm)
    page.get_by_role("button", name="Read stages again").click()
    expect(page.get_by_text("was deleted there", exact=False).first).to_be_visible()
    with firm_scope(firm.id):
        matter = Matter.objects.get().id
        run = request_sync(matter_id=matter).id
    wait_for(page, firm, run, "held")
    page.goto(f"{stack.base_url}/matters/{public_id('mat', matter)}/")
    expect(page.get_by_text("Waiting for a mapping").first).to_be_visible()
    look(office, "mappings-drift", home)
    phone = window(width=390, scheme="dark")
    sign_in(phone.page, stack.base_url)
    look(phone, "mappings-drift-phone-dark", home)
    look(phone, "mapping-version-phone-dark", f"{home.replace('case-types', 'mappings/case_types')}1/")
    page.get_by_role("button", name="instead").first.click()
    look(office, "mappings-proposal")
    page.get_by_role("button", name="Save these changes").click()
    wait_for(page, firm, run, "done")
    look(office, "status-mapping-history", home.replace("case-types", "status"))
