"""Settings → Audit log: what it shows, its filter and pages, the file, the seal, who may see it."""

import csv
import io
import os
import time
import uuid
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.utils import timezone
from pytest_django import Settings

from casehug.audit.models import AuditEntry
from casehug.audit.services import record
from casehug.common import operator_log, throttle
from casehug.common.actor import actor_context
from casehug.common.ids import public_id, uuid7
from casehug.common.models import OperatorEntry
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_due
from casehug.data_duties import audit_check, audit_log
from casehug.data_duties.audit_check import BROKEN, tick
from casehug.data_duties.audit_words import action_words, change_words
from casehug.firms.models import Firm, Notice, Role
from casehug.operations import parts
from tests.conftest import Person, make_firm, make_person

PAGE, CSV = "/settings/audit/", "/settings/audit/csv/"


@pytest.fixture(autouse=True)
def outside(settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.jsonl")


def note(firm: Firm, action: str = "matter.created", *, by: Person | None = None, **more: object) -> None:
    with firm_scope(firm.id), actor_context(user_id=by.user.pk if by else None, source="web", address="192.0.2.7"):
        record(action=action, object_type=str(more.pop("object_type", "matter")), **more)  # type: ignore[arg-type]


def text(person: Person, **query: str) -> str:
    answer = person.browser.get(PAGE, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def rows(page: str) -> int:
    return page.count('data-label="Action"')


def test_who_did_what_when_and_from_where(firm: Firm, admin: Person, staff: Person) -> None:
    matter = uuid7()
    note(firm, "matter.status_changed", by=staff, object_id=matter, changes={"from": "pending", "to": "active"})
    note(firm, "team.role", by=admin, object_type="membership", outcome="refused")
    page = text(admin)
    for words in ("Status of the matter changed", "pending → active", public_id("mat", matter), "192.0.2.7",
                  str(staff.user), "Role of a member changed", "Refused"):  # fmt: skip
        assert words in page


def test_the_filter(firm: Firm, admin: Person, staff: Person) -> None:
    matter = uuid7()
    note(firm, "matter.updated", by=staff, object_id=matter)
    note(firm, "matter.updated", by=admin, object_id=uuid7(), outcome="failed")
    note(firm, "client.created", by=staff, object_type="client")
    today = timezone.now().date().isoformat()
    for query, count in (
        ({"action": "matter.updated"}, 2), ({"who": f"person:{staff.user.pk}"}, 2), ({"outcome": "trouble"}, 1),
        ({"outcome": "failed", "who": f"person:{staff.user.pk}"}, 0), ({"object": public_id("mat", matter)}, 1),
        ({"object": str(matter)}, 1), ({"who": "way:portal"}, 0), ({"until": "2020-01-01"}, 0),
        ({"action": "client.created", "since": "2020-01-01", "until": "2120-01-01"}, 1),
    ):  # fmt: skip
        page = text(admin, **query)
        assert rows(page) == count, query
        assert ("Nothing matches this filter" in page) == (count == 0)
    assert today[:4] in text(admin, since="2020-01-01")


@pytest.mark.parametrize(
    "query", [{"object": "mat_x"}, {"who": "person:none"}, {"action": "nothing"}, {"since": "31.31.2020"},
              {"object": "\x00"}],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_shows_and_sends_nothing(firm: Firm, admin: Person, query: dict[str, str]) -> None:
    note(firm)
    page = text(admin, **query)
    assert rows(page) == 0 and "This filter cannot be read" in page
    assert admin.browser.get(CSV, query).headers["Location"].startswith(f"{PAGE}?")


@pytest.mark.parametrize("query", [{"before": "-1", "after": "٣"}, {"before": "9" * 40}])
def test_a_wrong_place_shows_the_newest(firm: Firm, admin: Person, query: dict[str, str]) -> None:
    note(firm)
    assert rows(text(admin, **query)) >= 1


def test_pages_go_on_by_the_number(firm: Firm, admin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "PAGE", 3)
    with firm_scope(firm.id):
        for _ in range(8):
            record(action="matter.updated", object_type="matter")
    with firm_scope(firm.id):
        wanted, seen, before = audit_log.AuditFilter(action="matter.updated"), [], 0
        while True:
            page = audit_log.audit_page(wanted, before=before)
            seen += [line.entry.seq for line in page.lines]
            if not page.older:
                break
            before = page.older
        assert len(seen) == 8 and seen == sorted(seen, reverse=True)
        back = audit_log.audit_page(wanted, after=page.newer)
        assert [line.entry.seq for line in back.lines] == seen[3:6]
    assert "?action=matter.updated&amp;before=" in text(admin, action="matter.updated")


def test_the_file_holds_the_filter_and_is_an_entry(firm: Firm, admin: Person) -> None:
    note(firm, "matter.updated", by=admin, remote_id="=1+1")
    note(firm, "client.created", object_type="client")
    answer = admin.browser.get(CSV, {"action": "matter.updated"})
    found = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert found[0] == list(audit_log.HEADERS) and len(found) == 2
    assert found[1][4] == "Matter updated" and found[1][9] == "'=1+1"
    with firm_scope(firm.id):
        entry = AuditEntry.objects.get(action="audit.exported")
        assert (entry.actor_id, entry.changes) == (admin.user.pk, {"filtered_by": ["action"]})


def test_the_file_asks_for_a_fresh_sign_in(firm: Firm, admin: Person) -> None:
    session = admin.browser.session
    session["started_at"] = time.time() - 660
    session["account_authentication_methods"] = []
    session.save()
    answer = admin.browser.get(CSV)
    assert answer.status_code == 302 and "reauthenticate" in answer.headers["Location"]
    with firm_scope(firm.id):
        assert not AuditEntry.objects.filter(action="audit.exported").exists()


def test_admins_and_auditors_only(
    firm: Firm, auditor: Person, staff: Person, attorney: Person, stranger: Person
) -> None:
    note(firm)
    assert rows(text(auditor)) >= 1
    for person in (staff, attorney):
        assert [person.browser.get(path).status_code for path in (PAGE, CSV)] == [403, 403]
        assert person.browser.post(f"{PAGE}verify/").status_code == 403
    assert "Matter created" not in text(stranger, action="")


def test_the_seal_is_checked_by_a_worker_and_explained(firm: Firm, auditor: Person) -> None:
    assert "Not checked yet" in text(auditor)
    assert auditor.browser.post(f"{PAGE}verify/").status_code == 302
    auditor.browser.post(f"{PAGE}verify/")
    assert "Checking" in text(auditor) and "data-poll" in text(auditor)
    run_due(firm_id=firm.id)
    page = text(auditor)
    assert "Unbroken" in page and "data-poll" not in page
    assert "Unbroken" in auditor.browser.get(f"{PAGE}seal/").content.decode()
    with firm_scope(firm.id):
        assert AuditEntry.objects.filter(action="audit.verified", outcome="ok").count() == 1


def tampered(firm: Firm, statement: str) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("SELECT set_config('app.firm_id', %s, true)", [str(firm.id)])
        owner.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_no_change")
        owner.execute(statement)  # type: ignore[arg-type]
        owner.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER audit_no_change")


def test_tampering_is_found_and_explained(committed_db: None) -> None:
    firm = make_firm()
    person = make_person(firm, Role.ADMIN)
    note(firm)
    tampered(firm, f"UPDATE audit_auditentry SET actor_id = '{uuid.uuid4()}' WHERE action = 'matter.created'")
    person.browser.post(f"{PAGE}verify/")
    run_due(firm_id=firm.id)
    page = text(person)
    assert "Broken" in page and "was altered" in page and "Your operator has to look into it" in page
    assert "A former member" in page
    _it_is_told_once_and_when_it_is_whole(firm, person)


def _it_is_told_once_and_when_it_is_whole(firm: Firm, person: Person) -> None:
    with firm_scope(firm.id):
        assert Notice.objects.get(kind=BROKEN, cleared_at=None).title in person.browser.get("/").content.decode()
    assert str(firm.id) in parts._seals().words
    tampered(firm, "UPDATE audit_auditentry SET actor_id = NULL WHERE action = 'matter.created'")
    for _ in range(2):
        person.browser.post(f"{PAGE}verify/")
        run_due(firm_id=firm.id)
    with firm_scope(firm.id):
        assert Notice.objects.get(kind=BROKEN).cleared_at is not None
        assert AuditEntry.objects.filter(action="audit.verified", outcome="broken").count() == 1
    assert operator_log.broken_seals() == []
    assert OperatorEntry.objects.filter(action=operator_log.SEAL).count() == 2


def test_every_chain_is_checked_once_a_day(firm: Firm) -> None:
    """A tick an hour later finds today's check; one a day later asks again."""
    assert (tick(), tick()) == (1, 0)
    run_due(firm_id=firm.id)
    throttle.clear(name="verify_audit", key=str(firm.id))
    assert tick() == 0
    with firm_scope(firm.id):
        assert AuditEntry.objects.get(action="audit.verified").source == "system"
        assert audit_check._due(later=timedelta(hours=25))


def test_words() -> None:
    assert action_words("webhook_secret.saved") == "Webhook secret saved"
    assert action_words("something_new.was_done") == "Something new was done"
    assert change_words({"minutes": [15, 30], "on": True, "fields": ["title", "state"]}) == [
        "minutes: 15 → 30", "on: yes", "fields: title, state",
    ]  # fmt: skip
    assert change_words({"plan": {"from": "", "to": "x"}, "ids": []}) == ["plan: empty → x", "ids: none"]
