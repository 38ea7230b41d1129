"""Settings → Referrals, the table of statuses: who may change it, bad input, reset, a stale page."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from pytest_django import Settings

from casehug.common import slots
from casehug.common.scope import firm_scope
from casehug.referrals import statuses
from casehug.referrals.choices import choices
from casehug.referrals.models import Referral
from tests.casehug.referrals.test_pages import press, read
from tests.conftest import Person

SAVE, RESET = "settings_referrals_statuses", "settings_referrals_statuses_reset"


@pytest.fixture(autouse=True)
def fillers() -> Iterator[None]:
    yield
    slots._fillers.cache_clear()


def test_the_table_is_saved_and_reset(connected: None, admin: Person) -> None:
    with firm_scope(admin.firm_id):
        Referral.objects.create(direction="out", state="accepted", stage="Mediation", provider="exchange")
    page = read(admin, "settings_referrals")
    assert "Mediation" in page and "Stages without a status" in page and "The settlement is completed" in page
    lines = {"stage:mediation": "active", "was-stage:mediation": "", "result:settled": "leave"}
    press(admin, SAVE, **lines, **{"was-result:settled": "closed", "result:accepted": "x", "was-result:accepted": "x"})
    page = read(admin, "settings_referrals")
    assert "Stages without a status" not in page and "Version 1" in page and "Saved: 2 lines changed." in page
    with firm_scope(admin.firm_id):
        assert statuses.meaning("stage:mediation") == "active" and statuses.meaning("result:settled") == "leave"
    press(admin, SAVE, **lines, **{"was-result:settled": "closed"})
    assert "Nothing was changed" in read(admin, "settings_referrals")
    press(admin, RESET, key="result:settled")
    press(admin, RESET)
    press(admin, RESET)
    assert "It has its default already" in read(admin, "settings_referrals")
    with firm_scope(admin.firm_id):
        assert statuses.meaning("result:settled") == "closed" and statuses.version() == 3


@pytest.mark.parametrize(("line", "value"), [("stage:<b>unknown", "active"), ("result:settled", "archived")])
def test_bad_input_changes_nothing_and_is_told(admin: Person, line: str, value: str) -> None:
    sent = {line: value, "result:accepted": "pending", "was-result:accepted": "active"}
    page = press(admin, SAVE, status=422, **sent)
    assert "Nothing was saved" in page and "<b>unknown" not in page
    assert '<option value="pending" selected>' in page, "what was chosen stays drawn"
    with firm_scope(admin.firm_id):
        assert statuses.version() == 0


def test_the_other_choices_keep_the_table(admin: Person) -> None:
    with firm_scope(admin.firm_id):
        statuses.save_statuses(changes={"result:settled": "leave"}, stages=[])
    values = {"alarms": ["50%"], "escalate_minutes": 30, "vocabulary": "Dog Bite Injuries"}
    press(admin, "settings_referrals_save", **values)
    with firm_scope(admin.firm_id):
        assert statuses.meaning("result:settled") == "leave" and choices().escalate_minutes == 30


def test_others_see_it_and_cannot_change_it(
    attorney: Person, auditor: Person, stranger: Person, settings: Settings
) -> None:
    settings.SLOTS = {**settings.SLOTS, "referral_exchange": []}
    slots._fillers.cache_clear()
    for person in (attorney, auditor):
        page = read(person, "settings_referrals")
        assert "No stage words are known yet" in page and "Only a firm admin may do this" in page
        press(person, SAVE, status=403, **{"result:settled": "leave", "was-result:settled": "closed"})
        press(person, RESET, status=403)
        assert person.browser.get(reverse(SAVE)).status_code == 405
    press(stranger, SAVE, **{"result:settled": "leave", "was-result:settled": "closed"})
    with firm_scope(attorney.firm_id):
        assert statuses.meaning("result:settled") == "closed", "another firm's table is another one"
