"""A quick check that the walls between firms stand: without a firm, and with an invented one, no table shows a row."""

import uuid

from django.db import connection, transaction

from casehug.common import operator_log
from casehug.common.role_check import role_problems

FIRM_TABLES = """SELECT c.relname FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    WHERE c.relkind IN ('r', 'p') AND (c.relname = 'firms_firm' OR EXISTS (SELECT 1 FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'firm_id' AND NOT a.attisdropped)) ORDER BY 1"""


def check_isolation(*, actor: str = operator_log.COMMAND) -> list[str]:
    """Check the role, the policies and every firm table; note the result. Returns problems in words.

    Call it outside a firm scope.
    """
    problems = role_problems()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FIRM_TABLES)
        tables = [str(row[0]) for row in cursor.fetchall()]
        for words, value in (("without a firm", ""), ("with an invented firm", str(uuid.uuid4()))):
            cursor.execute("SELECT set_config('app.firm_id', %s, true)", [value])
            for table in tables:
                cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})")  # nosec B608  # quoted names
                if cursor.fetchone()[0]:
                    problems.append(f"table {table} shows rows {words}")
        cursor.execute("SELECT set_config('app.firm_id', '', true)")
    operator_log.note(
        operator_log.ISOLATION, actor=actor, details={"tables": len(tables), "problems": problems, "ok": not problems}
    )
    return problems
