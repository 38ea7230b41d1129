"""Refuses to start with a missing key, or a database role or table that would make the walls mere configuration."""

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from casehug.common.encryption import key_ring

ROLE_SQL = """SELECT rolsuper, rolbypassrls,
    EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p') AND n.nspname = 'public')
    FROM pg_roles r WHERE rolname = current_user"""
TABLE_SQL = """SELECT c.relname FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'firm_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
        SELECT 1 FROM pg_policies p WHERE p.tablename = c.relname AND p.policyname = 'firm_scope'))"""


def role_problems() -> list[str]:
    """Return in words what is wrong with the connected role or the tables; empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(ROLE_SQL)
        superuser, bypass, owner = cursor.fetchone()
        cursor.execute(TABLE_SQL)
        open_tables = [row[0] for row in cursor.fetchall()]
    problems = [
        text
        for wrong, text in (
            (superuser, "the database role is a superuser and would see every firm"),
            (bypass, "the database role bypasses row security"),
            (owner, "the database role owns tables and could switch row security off"),
        )
        if wrong
    ]
    return problems + [f"table {name} has firm rows but no forced row security" for name in open_tables]


def key_problems() -> list[str]:
    """Return which key-encryption keys are in use but not in `CASEHUG_KEK`: removed too early."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kek_id FROM resolve_kek_ids()")
        used = {row[0] for row in cursor.fetchall()}
    used.update(*(import_string(path)() for path in settings.KEK_USE_HOOKS))
    gone = sorted(used - key_ring().keys())
    return [f"key-encryption key {kid} is in use but not in CASEHUG_KEK" for kid in gone]


def refuse_bad_role() -> None:
    """Raise `RuntimeError` naming each problem; called when a web or worker process starts."""
    problems = role_problems() + key_problems()
    if problems:
        raise RuntimeError("refusing to start: " + "; ".join(problems))
