"""The last look: which rows still hold the client's words after everything about the client is gone."""

from django.db import connection

from casehug.common.models import FirmModel

LOOK = """SELECT count(*) FROM {table} t WHERE {any}"""


def firm_tables() -> list[str]:
    """Return the tables with rows of a firm, by name."""
    from django.apps import apps

    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, FirmModel))


def mentions(words: list[str]) -> dict[str, int]:
    """Return how many rows of each table hold one of the words in any column, text, JSON or bytes. In the firm scope.

    What is left then belongs to others: another client of the same name, or a note in which a colleague named them.
    """
    if not words:
        return {}
    needles = [*words, *(word.encode().hex() for word in words)]  # bytes are shown as hexadecimal digits
    condition = " OR ".join(["strpos(lower(t::text), %s) > 0"] * len(needles))
    found = {}
    with connection.cursor() as cursor:
        for table in firm_tables():
            cursor.execute(LOOK.format(table=connection.ops.quote_name(table), any=condition), needles)
            count = cursor.fetchone()[0]
            if count:
                found[table] = int(count)
    return found
