"""Heads outside the database: what the chain alone cannot tell – an end cut off, a whole log replaced – is named."""

import json
import os
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from casehug.audit.heads import BadHeads, heads_file, own_heads, read_heads, tick
from casehug.audit.models import AuditEntry
from casehug.audit.services import record, verify_chain
from casehug.audit.verify import verify_firm
from casehug.common import throttle
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from tests.conftest import make_firm


@pytest.fixture(autouse=True)
def outside(settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_HEADS_FILE = str(tmp_path / "kept" / "heads.jsonl")


def fill(firm: Firm, count: int = 5) -> None:
    with firm_scope(firm.id):
        for _ in range(count):
            record(action="matter.created", object_type="matter")


def cut(firm: Firm, *statements: str) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("SELECT set_config('app.firm_id', %s, true)", [str(firm.id)])
        owner.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_no_change")
        for statement in statements:
            owner.execute(statement)  # type: ignore[arg-type]
        owner.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER audit_no_change")


def test_the_tick_writes_each_head_once_an_hour(firm: Firm, other_firm: Firm) -> None:
    fill(firm)
    assert (tick(), tick()) == (2, 0)
    lines = [json.loads(line) for line in heads_file().read_text().splitlines()]
    assert {line["firm"] for line in lines} == {str(firm.id), str(other_firm.id)}
    assert heads_file().stat().st_mode & 0o077 == 0
    with firm_scope(firm.id):
        last = AuditEntry.objects.latest("seq")
        assert (last.seq, bytes(last.digest).hex()) in {(line["seq"], line["head"]) for line in lines}
        verdict = verify_firm(own_heads()[firm.id])
    assert (verdict.fault, verdict.heads, verdict.entries) == ("", 1, last.seq)
    throttle.clear(name="audit.head", key=str(firm.id))
    fill(firm, 1)
    assert tick() == 1


def test_a_cut_end_is_named_only_with_the_heads(committed_db: None) -> None:
    """The sabotage is in the test: without the file the same log counts as unbroken."""
    firm = make_firm()
    fill(firm)
    tick()
    with firm_scope(firm.id):
        seq = AuditEntry.objects.latest("seq").seq
    cut(firm, f"DELETE FROM audit_auditentry WHERE seq > {seq - 2}")
    with firm_scope(firm.id):
        assert verify_chain() is None
        fault = verify_firm(own_heads()[firm.id]).fault
    assert fault.startswith(f"entry {seq - 1} and later ones are missing: entry {seq} was noted outside on ")
    fill(firm, 3)  # the log goes on over the gap
    with firm_scope(firm.id):
        assert verify_chain() is None
        assert verify_firm(own_heads()[firm.id]).fault.startswith(f"entry {seq} is not the one noted outside")


def test_the_command_reads_heads_from_files_and_logs(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(firm)
    tick()
    log = tmp_path / "container.log"
    log.write_text("starting\n" + heads_file().read_text() + '{"event": "audit.head", "firm": "torn')
    call_command("verify_audit", "--json", "--checkpoints", str(log))
    assert [one["checkpoints"] for one in json.loads(capsys.readouterr().out)] == [1]
    call_command("verify_audit", "--firm", firm.slug)
    assert "1 checkpoints agree  unbroken" in capsys.readouterr().out
    line = json.loads(heads_file().read_text())
    log.write_text(json.dumps(line | {"seq": line["seq"] + 9}) + "\n" + json.dumps(line | {"firm": "no id"}))
    with pytest.raises(CommandError) as found:
        call_command("verify_audit", "--json", "--checkpoints", str(log))
    assert found.value.returncode == 1
    assert "later ones are missing" in capsys.readouterr().out


def test_two_heads_of_one_entry_are_both_looked_at(firm: Firm) -> None:
    """After a restored backup the chain grows another way: a newer head must not hide the older one."""
    fill(firm)
    tick()
    head = own_heads()[firm.id][0]
    for heads in ([replace(head, digest="00"), head], [head, replace(head, digest="00")]):
        with firm_scope(firm.id):
            assert "is not the one noted outside" in verify_firm(heads).fault


def test_wrong_use(firm: Firm, tmp_path: Path) -> None:
    with pytest.raises(BadHeads):
        read_heads([tmp_path / "none"])
    for words in (["--checkpoints", str(tmp_path / "none")], ["--firm", "nobody"]):
        with pytest.raises(CommandError) as found:
            call_command("verify_audit", *words)
        assert found.value.returncode == 2


def test_a_firm_that_is_gone_is_named(firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept.jsonl"
    kept.write_text(json.dumps({"event": "audit.head", "firm": "0199" + str(firm.id)[4:], "seq": 1, "head": "00"}))
    with pytest.raises(CommandError):
        call_command("verify_audit", "--checkpoints", str(kept))
    assert "the whole firm is missing" in capsys.readouterr().out
