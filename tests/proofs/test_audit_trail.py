"""Audit: every record made over there has its entry and every entry its record; the app cannot alter the log, and what

the owner alters is named. Sabotage: without the guard against TRUNCATE the log can be emptied; without heads outside
the database a cut end goes unnoticed.
"""

import os
import random
import uuid
from collections.abc import Callable, Iterator

import environ
import psycopg
import pytest
from django.db import connections

from casehug.audit.models import AuditEntry
from casehug.audit.services import record, verify_chain
from casehug.common.ids import uuid7
from casehug.common.scope import firm_scope
from harness.size import pick
from tests.conftest import make_firm
from tests.integrations.sync.conftest import make_office, office, twin, twin_process
from tests.integrations.sync.office import Office

__all__ = ["make_office", "office", "twin", "twin_process"]
MATTERS, ENTRIES = pick(4, 100), pick(12, 400)
DAMAGE = (
    "UPDATE audit_auditentry SET action = 'other' WHERE seq = {n}",
    "UPDATE audit_auditentry SET changes = '{{\"forged\": true}}'::jsonb WHERE seq = {n}",
    "UPDATE audit_auditentry SET created_at = created_at - interval '1 day' WHERE seq = {n}",
    "UPDATE audit_auditentry SET actor_id = gen_random_uuid() WHERE seq = {n}",
    "UPDATE audit_auditentry SET digest = decode(repeat('00', 32), 'hex') WHERE seq = {n}",
    "DELETE FROM audit_auditentry WHERE seq = {n}",
)


def test_every_record_has_its_entry_and_every_entry_its_record(
    office: Office, record_property: Callable[[str, object], None]
) -> None:
    office.change_connection(profile={"inline_note": False})
    for number in range(MATTERS):
        kind = ("reset_after_commit", "status_before", "truncate")[number % 3]
        if number % 2:
            path = ("/v1/contacts", "/v1/prospects", "/v1/notes")[number % 3]
            office.twin.fault(kind, path, **({"status": 503} if kind == "status_before" else {}))
        client = office.client(f"audit{number}@example.com")
        assert office.sync(office.matter(client, title=f"Audited {number}"), seconds=60).status == "done"
    ledger = office.twin.control("GET", "ledger")
    there = {kind: ledger[name]["total"] for kind, name in (("contact", "contacts"), ("matter", "prospects"),
                                                            ("note", "notes"))}  # fmt: skip
    with firm_scope(office.firm_id):
        rows = AuditEntry.objects.filter(action__endswith=".create", outcome="ok").exclude(remote_id="")
        here = list(rows.values_list("object_type", "remote_id"))
        assert verify_chain() is None
    record_property("trials", sum(there.values()))
    record_property("measured", f"{sum(there.values())} records there, {len(here)} entries that name one")
    assert len(here) == len(set(here)), "two entries name one record"
    assert {kind: sum(one == kind for one, _ in here) for kind in there} == there
    links = {(kind, one.external_id) for kind, found in office.links().items() for one in found}
    assert {remote for _, remote in here} <= {remote for _, remote in links}


@pytest.fixture
def owner(committed_db: None) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The owner's connection as Django makes one, so that the product's verifier can look through it."""
    wrapper = connections["default"].copy()
    wrapper.settings_dict = wrapper.settings_dict | environ.Env.db_url_config(os.environ["DATABASE_OWNER_URL"])
    wrapper.ensure_connection()
    wrapper.connection.autocommit = False
    yield wrapper.connection
    wrapper.connection.rollback()
    wrapper.close()


def test_whatever_the_owner_alters_is_named(
    committed_db: None, owner: psycopg.Connection[tuple[object, ...]], record_property: Callable[[str, object], None]
) -> None:
    firm, dice, named = make_firm("Ledger"), random.Random(20261121), 0
    for _ in range(ENTRIES):
        with firm_scope(firm.id):
            record(action="matter.created", object_type="matter", object_id=uuid7(), changes={"fields": ["title"]})
    assert not faulty(owner, firm.id)
    owner.rollback()
    for statement in DAMAGE * pick(2, 40):
        with owner.transaction() as savepoint:
            owner.execute("SELECT set_config('app.firm_id', %s, true)", [str(firm.id)])
            owner.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_no_change")
            owner.execute(statement.format(n=dice.randint(1, ENTRIES - 1)))  # type: ignore[arg-type]
            owner.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER audit_no_change")
            named += faulty(owner, firm.id)
            raise psycopg.Rollback(savepoint)
    record_property("trials", len(DAMAGE) * pick(2, 40))
    assert named == len(DAMAGE) * pick(2, 40)


def faulty(owner: psycopg.Connection[tuple[object, ...]], firm_id: uuid.UUID) -> bool:
    """Whether the product's verifier names a fault in what the owner's open transaction sees."""
    mine = connections["default"]
    mine.close()
    mine.connection, mine.autocommit, mine.in_atomic_block = owner, False, True
    try:
        with firm_scope(firm_id):
            return verify_chain() is not None
    finally:
        mine.connection, mine.autocommit, mine.in_atomic_block = None, True, False


@pytest.mark.parametrize("guard", [True, False], ids=["guarded", "guard removed"])
def test_sabotage_without_the_guard_the_log_can_be_emptied(
    committed_db: None, owner: psycopg.Connection[tuple[object, ...]], guard: bool
) -> None:
    firm = make_firm("Emptied")
    with firm_scope(firm.id):
        record(action="kept", object_type="x")
    if not guard:
        owner.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_no_truncate")
    try:
        owner.execute("TRUNCATE audit_auditentry")
        emptied = True
    except psycopg.errors.InsufficientPrivilege:
        emptied = False
    owner.rollback()
    assert emptied is not guard
