"""Erasing a client: nothing of them is found anywhere afterwards, others keep everything, it can be resumed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as active
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import Settings

from casehug.audit.models import AuditEntry
from casehug.audit.services import verify_chain
from casehug.common import work as work_rows
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.data_duties.erasure import run
from casehug.data_duties.erasure.subject import Result, Subject
from casehug.data_duties.models import Erasure
from casehug.firms.models import Firm
from casehug.intake.errors import Refused
from casehug.intake.models import Client, Matter
from casehug.outbox.models import OutboxEvent
from integrations.models import WebhookDelivery
from tests.casehug.caller import make_key
from tests.casehug.data_duties.trail import WORDS, Trail, found, leave_trail
from tests.conftest import Person

OTHERS = ("ow3stork", "ow3.stork@client.example", "+12125550177")


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.CASEHUG_MEDIA_DIR = str(tmp_path / "uploads")
    return tmp_path / "uploads"


@pytest.fixture
def trail(firm: Firm) -> Iterator[Trail]:
    with firm_scope(firm.id):
        left = leave_trail()
        leave_trail("Ow3Stork", "Ow3.Stork@client.example", "+12125550177")
    yield left


def ask(firm: Firm, trail: Trail) -> Erasure:
    with firm_scope(firm.id):
        return run.request_erasure(client_id=trail.client.id, reason="request", duty_accepted=True)


def work(firm: Firm) -> None:
    """Let a worker run the erasures that wait; nothing else, what the trail has queued would call out."""
    with firm_scope(firm.id):
        ids = list(WorkItem.objects.filter(kind="erase_client", status="ready").values_list("id", flat=True))
    for item_id in ids:
        run_item(item_id, firm.id)


def test_nothing_is_left_and_others_keep_everything(firm: Firm, trail: Trail) -> None:
    with firm_scope(firm.id):
        places, others = {one.split(":")[0] for one in found()}, found(OTHERS)
    assert len(places) > 20, "the client left too little to prove anything"
    erasure = ask(firm, trail)
    work(firm)
    with firm_scope(firm.id):
        assert found() == []
        assert sorted(found(OTHERS)) == sorted(others)
        erasure.refresh_from_db()
        assert erasure.state == "done" and erasure.files == [] and erasure.mentions == {}
        assert erasure.digest == run.digest_of(erasure)
        assert {one["kind"] for one in erasure.remote} == {"contact", "matter", "note.intake_completed"}
        entry = AuditEntry.objects.get(action="client.erased")
        assert entry.object_id == trail.client.id and entry.changes["certificate"] == erasure.digest
        assert verify_chain() is None
    counts = erasure.counts
    for label in ("Client", "Matters", "Uploaded files", "Files", "Answers", "Internal notes", "Referrals",
                  "Contents of incoming events", "Unverified events", "Deliveries of webhooks", "Links to records",
                  "Rows of imported files", "Kept answers of the API"):  # fmt: skip
        assert counts[label] >= 1, label


@pytest.mark.parametrize("left_out", range(3))
def test_sabotage_a_place_that_is_left_out_is_found(
    firm: Firm, trail: Trail, settings: Settings, left_out: int
) -> None:
    settings.ERASERS = [one for number, one in enumerate(active.ERASERS) if number != left_out]
    with firm_scope(firm.id), transaction.atomic():
        run._erase_all(run.subject_of(Client.objects.get(id=trail.client.id)))
        assert found()
        transaction.set_rollback(True)  # what points at a deleted row could not be committed anyway


def test_the_plan_changes_nothing_and_says_what_will_go(firm: Firm, trail: Trail) -> None:
    with firm_scope(firm.id):
        before = sorted(found())
        plan = run.plan_erasure(client_id=trail.client.id)
        assert sorted(found()) == before
    erasure = ask(firm, trail)
    work(firm)
    erasure = _now(firm, erasure)
    assert {**plan.counts, "Files": plan.files} == erasure.counts
    assert plan.duty and plan.open_matters == 1 and plan.remote == erasure.remote


def _now(firm: Firm, erasure: Erasure) -> Erasure:
    with firm_scope(firm.id):
        found_now: Erasure = Erasure.objects.get(id=erasure.id)
    return found_now


def test_stopped_before_the_files_it_goes_on(
    firm: Firm, trail: Trail, monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    erasure = ask(firm, trail)
    with monkeypatch.context() as patched:
        patched.setattr(run, "_delete_file", lambda *_: (_ for _ in ()).throw(OSError("disk")))
        with pytest.raises(OSError):
            run.perform(firm_id=firm.id, erasure_id=erasure.id)
    stopped = _now(firm, erasure)
    assert stopped.state == "files" and len(stopped.files) >= 2
    run.perform(firm_id=firm.id, erasure_id=erasure.id)
    done = _now(firm, erasure)
    run.perform(firm_id=firm.id, erasure_id=erasure.id)
    assert _now(firm, erasure).digest == done.digest and done.state == "done"
    with firm_scope(firm.id):
        assert found() == []
        assert AuditEntry.objects.filter(action="client.erased").count() == 1


def test_stopped_in_the_middle_nothing_has_changed(firm: Firm, trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = ask(firm, trail)
    with firm_scope(firm.id):
        before = sorted(found())
    with monkeypatch.context() as patched:
        patched.setattr(run, "mentions", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run.perform(firm_id=firm.id, erasure_id=erasure.id)
    with firm_scope(firm.id):
        assert sorted(found()) == before


def test_running_work_ends_first(firm: Firm, trail: Trail) -> None:
    erasure = ask(firm, trail)
    with firm_scope(firm.id):
        WorkItem.objects.filter(subject_id=trail.matter.id, kind="nothing").update(status="running")
    with pytest.raises(run.Busy):
        run.perform(firm_id=firm.id, erasure_id=erasure.id)
    work(firm)
    with firm_scope(firm.id):
        assert WorkItem.objects.get(kind="erase_client").status == "ready"
        assert Client.objects.filter(id=trail.client.id).exists()


def test_work_that_begins_meanwhile_or_sends_a_webhook_ends_first(
    firm: Firm, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is claimed after the first look, or is about a delivery, takes everything back until it has ended."""
    erasure = ask(firm, trail)
    with firm_scope(firm.id):
        before = sorted(found())
        event = OutboxEvent.objects.filter(subject_id=trail.matter.id).latest("created_at")
        delivery = WebhookDelivery.objects.get(event_id=event.id)
        sending = work_rows.enqueue(kind="deliver_webhook", queue="outbound", subject_type="webhook_delivery",
                                    subject_id=delivery.id)  # fmt: skip
        WorkItem.objects.filter(id=sending.id).update(status="running")
    with pytest.raises(run.Busy):
        run.perform(firm_id=firm.id, erasure_id=erasure.id)
    erase_all = run._erase_all

    def claimed(subject: Subject) -> Result:
        WorkItem.objects.filter(subject_id=trail.matter.id, kind="nothing").update(status="running")
        return erase_all(subject)

    with firm_scope(firm.id):
        WorkItem.objects.filter(id=sending.id).update(status="done")
    with monkeypatch.context() as patched, pytest.raises(run.Busy):
        patched.setattr(run, "_erase_all", claimed)
        run.perform(firm_id=firm.id, erasure_id=erasure.id)
    with firm_scope(firm.id):
        assert sorted(found()) == before
    run.perform(firm_id=firm.id, erasure_id=erasure.id)
    with firm_scope(firm.id):
        assert found() == []


def test_a_duty_has_to_be_looked_at(firm: Firm, trail: Trail) -> None:
    with firm_scope(firm.id), pytest.raises(Refused):
        run.request_erasure(client_id=trail.client.id, reason="request", duty_accepted=False)


def test_mentions_of_others_are_counted_not_touched(firm: Firm, trail: Trail, admin: Person) -> None:
    with firm_scope(firm.id):
        other = Matter.objects.exclude(id=trail.matter.id).get()
        Matter.objects.filter(id=other.id).update(description=f"Cousin of {trail.client.email}")
    erasure = ask(firm, trail)
    work(firm)
    assert _now(firm, erasure).mentions == {"intake_matter": 1}
    assert "1 in matters." in admin.browser.get(f"/settings/data/erasures/{erasure.public_id}/").content.decode()


def test_the_pages(firm: Firm, trail: Trail, admin: Person, auditor: Person, staff: Person, stranger: Person) -> None:
    address = f"/clients/{trail.client.public_id}/erase/"
    page = admin.browser.get(address).content.decode()
    assert "You may have to keep this file" in page and "Uploaded files" in page
    sure = {"reason": "request", "duty": "on", "typed": "erase"}
    for wrong in ({}, {**sure, "typed": "yes"}, {**sure, "reason": "x"}, {"reason": "request", "typed": "erase"}):
        assert admin.browser.post(address, wrong).status_code == 422
    assert [one.browser.post(address, sure).status_code for one in (auditor, staff)] == [403, 403]
    assert stranger.browser.post(address, sure).status_code == stranger.browser.get(address).status_code == 404
    assert "Only a firm admin may do this" in staff.browser.get(f"/clients/{trail.client.public_id}/").content.decode()
    first, second = admin.browser.post(address, sure), admin.browser.post(address, sure)
    assert first.headers["Location"] == second.headers["Location"]
    certificate = first.headers["Location"]
    assert "data-poll" in admin.browser.get(certificate).content.decode()
    work(firm)
    assert admin.browser.get(f"{certificate}live/").headers["HX-Refresh"] == "true"
    shown = auditor.browser.get(certificate).content.decode()
    assert "Certificate of erasure" in shown and not any(word in shown.lower() for word in WORDS)
    data = json.loads(auditor.browser.get(f"{certificate}file/").content)
    assert data["client"] == str(trail.client.id) and data["erased"]["Client"] == 1
    assert stranger.browser.get(certificate).status_code == 404 and staff.browser.get(certificate).status_code == 403
    assert certificate.rstrip("/").rsplit("/", 1)[-1] in auditor.browser.get("/settings/data/").content.decode()
    for path in (address, f"/clients/{trail.client.public_id}/", f"/matters/{trail.matter.public_id}/"):
        assert admin.browser.get(path).status_code in (302, 404)


def test_the_api_does_not_know_the_erased(firm: Firm, trail: Trail, admin: Person) -> None:
    key = {"X-Api-Key": make_key(firm.id)}
    ask(firm, trail)
    work(firm)
    cli, mat = trail.client.public_id, trail.matter.public_id
    for path in (f"/api/v1/clients/{cli}", f"/api/v1/matters/{mat}", f"/api/v1/matters/{mat}/documents"):
        assert admin.browser.get(path, headers=key).status_code == 404, path
    for path in ("/api/v1/clients", "/api/v1/matters", "/api/v1/matters?search=Zq7Heron"):
        answer = admin.browser.get(path, headers=key)
        assert answer.status_code == 200 and b"zq7heron" not in answer.content.lower()


def test_the_command(firm: Firm, trail: Trail, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = trail.client.public_id
    call_command("erase_client", client, "--firm", firm.slug, "--json")
    assert json.loads(capsys.readouterr().out)["dry_run"] is True
    for words in ([client, "--confirm"], ["cli_nothing"], ["mat_x", "--confirm"], [], [str(firm.id)]):
        with pytest.raises(CommandError) as refused:
            call_command("erase_client", *words, "--firm", firm.slug)
        assert refused.value.returncode == 2, words
    args = ("erase_client", client, "--firm", firm.slug, "--confirm", "--need-not-keep", "--json")
    call_command(*args)
    first = json.loads(capsys.readouterr().out)
    call_command(*args)
    assert json.loads(capsys.readouterr().out) == first and len(first["sha256"]) == 64
    with firm_scope(firm.id):
        assert found() == []


def test_the_ledger_erases_again_after_a_restore(
    firm: Firm, trail: Trail, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "app.log"
    line = {"event": "client.erased", "firm": str(firm.id), "kind": "client", "code": str(trail.client.id)}
    lines = ["noise", json.dumps(line), json.dumps(line | {"code": "no id"}), '{"event": "client.erased']
    ledger.write_text("\n".join(lines))
    call_command("erase_client", "--ledger", str(ledger), "--firm", firm.slug, "--json")
    assert json.loads(capsys.readouterr().out)["back"] == [str(trail.client.id)]
    call_command("erase_client", "--ledger", str(ledger), "--firm", firm.slug, "--confirm")
    with firm_scope(firm.id):
        assert found() == []
