"""The export of a firm: everything of it, nothing of others, no secret; stopped it goes on; it ends after a day."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from casehug.audit.models import AuditEntry
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.data_duties.erasure import run as erasing
from casehug.data_duties.export import build, contents
from casehug.data_duties.models import FirmExport
from casehug.data_duties.retention import apply
from casehug.firms.models import Firm
from integrations.models import WebhookEndpoint
from tests.casehug.data_duties.trail import Trail, leave_trail
from tests.conftest import Person
from tests.proofs.rows import firm_models

DATA = "/settings/data/"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.CASEHUG_MEDIA_DIR = str(tmp_path / "uploads")
    return tmp_path / "uploads"


@pytest.fixture
def trail(firm: Firm, other_firm: Firm) -> Iterator[Trail]:
    with firm_scope(other_firm.id):
        leave_trail("Ow3Stork", "Ow3.Stork@client.example", "+12125550177")
    with firm_scope(firm.id):
        left = leave_trail()
    yield left


def asked(firm: Firm) -> FirmExport:
    with firm_scope(firm.id):
        return build.request_export()


def work(firm: Firm) -> None:
    with firm_scope(firm.id):
        ids = list(WorkItem.objects.filter(kind="export_firm", status="ready").values_list("id", flat=True))
    for item_id in ids:
        run_item(item_id, firm.id)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_of_the_firm_and_nothing_else(firm: Firm, trail: Trail, admin: Person) -> None:
    with firm_scope(firm.id):
        counts = {model._meta.db_table: model._default_manager.count() for model in firm_models()}
        secret = WebhookEndpoint.objects.get().open_url()
    with firm_scope(firm.id):
        export = build.new_export()
    assert build.build(firm_id=firm.id, export_id=export.id)
    with firm_scope(firm.id):
        export = FirmExport.objects.get(id=export.id)
        data = build.file_of(export).read_bytes()
    assert hashlib.sha256(data).hexdigest() == export.sha256 and len(data) == export.size_bytes
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.getinfo("tables/audit_auditentry.jsonl").compress_type == zipfile.ZIP_DEFLATED
    held = members(data)
    manifest = json.loads(held.pop("manifest.json"))
    assert {name: hashlib.sha256(content).hexdigest() for name, content in held.items()} == manifest["sha256"]
    late = {"data_duties_firmexport": 1, "audit_auditentry": 1}  # the export itself came after the count
    rows = {name: count + late.get(name, 0) for name, count in counts.items() if count + late.get(name, 0)}
    assert manifest["rows"] == rows
    everything = b"".join(held.values())
    for word in (b"Zq7Heron", b"Zq7.Heron@client.example", b"%PDF-1.7", admin.user.email.encode()):
        assert word in everything
    for word in (b"Ow3Stork", b"Ow3.Stork", b"+12125550177", secret.encode(), admin.user.password.encode()):
        assert word not in everything
    assert sum(name.startswith("files/") for name in held) == 2 and manifest["files_missing_in_the_store"] == []
    payloads = [json.loads(line) for line in held["tables/integrations_inboundevent.jsonl"].splitlines()]
    assert payloads[0]["payload"] == '{"email": "Zq7.Heron@client.example"}'
    assert "url" in manifest["left_out"]["columns"]["integrations_webhookendpoint"]


def test_stopped_anywhere_it_ends_with_the_same_rows(firm: Firm, trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "CHUNK", 3)
    export = asked(firm)
    turns = 0
    while not build.build(firm_id=firm.id, export_id=export.id, seconds=1e-9):
        turns += 1
        if turns == 20:  # a crash: the file is not what the row remembers
            with firm_scope(firm.id):
                path = build.file_of(FirmExport.objects.get(id=export.id))
            path.write_bytes(path.read_bytes()[:-30])
    assert turns > 60
    with firm_scope(firm.id):
        row = FirmExport.objects.get(id=export.id)
        held = members(build.file_of(row).read_bytes())
    manifest = json.loads(held.pop("manifest.json"))
    assert set(held) == set(manifest["sha256"]) and "tables/intake_document.2.jsonl" in held
    lines = sum(len(content.splitlines()) for name, content in held.items() if name.startswith("tables/"))
    assert lines == sum(manifest["rows"].values())


def test_the_page_the_download_and_its_end(
    firm: Firm, trail: Trail, admin: Person, auditor: Person, staff: Person, stranger: Person
) -> None:
    assert admin.browser.post(f"{DATA}export/").status_code == 302
    admin.browser.post(f"{DATA}export/")
    with firm_scope(firm.id):
        export = FirmExport.objects.get()
    assert "data-poll" in admin.browser.get(DATA).content.decode()
    work(firm)
    address = f"{DATA}export/{export.public_id}/"
    assert address in admin.browser.get(f"{DATA}export/live/").content.decode()
    answer = admin.browser.get(address)
    assert "manifest.json" in members(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert (
        answer.headers["Content-Disposition"].startswith("attachment") and answer.headers["Cache-Control"] == "no-store"
    )
    page = auditor.browser.get(DATA).content.decode()
    assert address not in page and "Only a firm admin may do this" in page
    assert [one.browser.get(address).status_code for one in (auditor, staff, stranger)] == [403, 403, 404]
    assert [one.browser.post(f"{DATA}export/").status_code for one in (auditor, staff)] == [403, 403]
    with firm_scope(firm.id):
        done = AuditEntry.objects.filter(object_id=export.id).order_by("seq").values_list("action", flat=True)
        assert list(done) == ["export.requested", "export.ready", "export.downloaded"]
        path = build.file_of(FirmExport.objects.get())
        FirmExport.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert admin.browser.get(address).status_code == 302
    with firm_scope(firm.id):
        apply(timezone.now())
        assert not path.exists() and FirmExport.objects.get().state == "gone"
    assert "its file is deleted" in admin.browser.get(DATA).content.decode()


def test_an_erased_client_is_in_no_export(firm: Firm, trail: Trail) -> None:
    """A finished file goes, one that is being made is not finished."""
    finished = asked(firm)
    work(firm)
    with firm_scope(firm.id):
        path = build.file_of(FirmExport.objects.get(id=finished.id))
    half = asked(firm)
    build.build(firm_id=firm.id, export_id=half.id, seconds=1e-9)
    with firm_scope(firm.id):
        other = build.file_of(FirmExport.objects.get(id=half.id))
        erasure = erasing.request_erasure(client_id=trail.client.id, reason="request", duty_accepted=True)
    assert path.exists() and other.exists()
    erasing.perform(firm_id=firm.id, erasure_id=erasure.id)
    assert not path.exists() and not other.exists()
    assert build.build(firm_id=firm.id, export_id=half.id) and not other.exists()


@pytest.mark.parametrize("seconds", [1e-9, 0.0])
def test_an_erasure_between_two_pieces_leaves_no_file(firm: Firm, trail: Trail, seconds: float) -> None:
    """The erasure deletes the file while it is open: neither a half nor a whole one comes back."""
    export = asked(firm)
    with firm_scope(firm.id):
        path = build.file_of(FirmExport.objects.get(id=export.id))
        erasure = erasing.request_erasure(client_id=trail.client.id, reason="request", duty_accepted=True)

    def meanwhile(_: int) -> None:
        erasing.perform(firm_id=firm.id, erasure_id=erasure.id)
        path.touch()  # as if the piece after it had begun the file anew

    build.build(firm_id=firm.id, export_id=export.id, seconds=seconds, progress=meanwhile)
    assert not path.exists()


def test_a_half_file_that_nobody_goes_on_with_is_deleted(firm: Firm, trail: Trail, admin: Person) -> None:
    export = asked(firm)
    build.build(firm_id=firm.id, export_id=export.id, seconds=1e-9)
    with firm_scope(firm.id):
        path = build.file_of(FirmExport.objects.get(id=export.id))
        apply(timezone.now() + timedelta(days=2))
        assert path.exists(), "its work is alive"
        WorkItem.objects.filter(kind="export_firm").update(status="dead")
        apply(timezone.now() + timedelta(days=2))
        assert not path.exists() and FirmExport.objects.get().state == "failed"
    assert "could not be put together" in admin.browser.get(DATA).content.decode()


def test_the_command(firm: Firm, trail: Trail, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.zip"
    call_command("export_firm", "--firm", firm.slug, "--to", str(target), "--json")
    said = json.loads(capsys.readouterr().out)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == said["sha256"]
    assert target.stat().st_mode & 0o077 == 0
    for words in (["--firm", "nobody"], ["--firm", firm.slug, "--to", str(target)],
                  ["--firm", firm.slug, "--to", str(tmp_path / "none" / "x.zip")]):  # fmt: skip
        with pytest.raises(CommandError) as refused:
            call_command("export_firm", *words)
        assert refused.value.returncode == 2
