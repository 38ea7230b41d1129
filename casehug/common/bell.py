"""Waking the relay: one NOTIFY per transaction, sent when it is committed."""

from django.db import connection, transaction

from casehug.common import direct

CHANNEL = "casehug_work"


def notify() -> None:
    """Wake the relay once the surrounding transaction is committed; many calls in one transaction ring once.

    Not inside of it: PostgreSQL lets transactions with a NOTIFY commit only one after another, each with its own wait
    for the disk. A crash between commit and ring costs a second, because the relay also looks by itself.
    """
    marks = set(connection.savepoint_ids)
    if not any(entry[1] is _ring and entry[0] <= marks for entry in connection.run_on_commit):
        transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    # A statement of its own that has nothing to lose: it waits for no disk.
    direct.ask(b"SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')", [CHANNEL.encode()])
