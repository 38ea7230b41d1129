"""The audit log: appended in the transaction of the act, unalterable for the app, tampering is named."""

import os

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from casehug.audit.models import AuditEntry
from casehug.audit.services import record, verify_chain
from casehug.common.actor import actor_context
from casehug.common.ids import uuid7
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from tests.conftest import make_firm


def fill(firm: Firm, count: int = 5) -> None:
    with firm_scope(firm.id), actor_context(user_id=uuid7(), source="web", address="127.0.0.1"):
        for _ in range(count):
            record(action="matter.created", object_type="matter", object_id=uuid7(), changes={"fields": ["title"]})


def test_entries_are_chained_without_gaps(firm: Firm) -> None:
    fill(firm)
    with firm_scope(firm.id):
        assert list(AuditEntry.objects.order_by("seq").values_list("seq", flat=True)) == list(
            range(1, AuditEntry.objects.count() + 1)
        )
        assert AuditEntry.objects.filter(action="matter.created").count() == 5
        assert verify_chain() is None


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_auditentry SET action = 'x'", "DELETE FROM audit_auditentry", "TRUNCATE audit_auditentry",
     "ALTER TABLE audit_auditentry DISABLE TRIGGER ALL", "SET session_replication_role = replica",
     "INSERT INTO audit_auditentry (id) VALUES (gen_random_uuid())"],
)  # fmt: skip
def test_the_app_role_cannot_alter_it(firm: Firm, statement: str) -> None:
    fill(firm, 1)
    with firm_scope(firm.id), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_append_function_refuses_another_firm(firm: Firm, other_firm: Firm) -> None:
    call = "SELECT audit_append(%s, %s, 1, NULL, 'web', '', 'x', 'y', NULL, '{}'::jsonb, 'ok', '', '\\x00')"
    with firm_scope(firm.id), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(call, [uuid7(), other_firm.id])


@pytest.mark.parametrize(
    ("damage", "named"),
    [("UPDATE audit_auditentry SET action = 'other' WHERE seq = 3", "entry 3 was altered"),
     ("UPDATE audit_auditentry SET created_at = created_at - interval '1 day' WHERE seq = 4", "entry 4 was altered"),
     ("DELETE FROM audit_auditentry WHERE seq = 2", "entry 2 is missing")],
)  # fmt: skip
def test_tampering_by_the_owner_is_named(committed_db: None, damage: str, named: str) -> None:
    firm = make_firm()
    fill(firm)
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("SELECT set_config('app.firm_id', %s, true)", [str(firm.id)])
        owner.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_no_change")
        owner.execute(damage)  # type: ignore[arg-type]
        owner.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER audit_no_change")
    with firm_scope(firm.id):
        assert verify_chain() == named


def test_an_act_that_was_rolled_back_leaves_no_entry(firm: Firm) -> None:
    with firm_scope(firm.id):
        record(action="kept", object_type="x")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            record(action="undone", object_type="x")
            _ = 1 / 0
    with firm_scope(firm.id):
        assert list(AuditEntry.objects.filter(object_type="x").values_list("action", flat=True)) == ["kept"]
        assert verify_chain() is None
