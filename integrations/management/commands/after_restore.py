"""`manage.py after_restore`: run once after the database was restored from a backup, before anything is sent."""

from datetime import timedelta
from typing import Any

from casehug.audit.services import record
from casehug.common import operator_log, ticks
from casehug.common.command import HouseCommand
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.models import Connection

LASTS = timedelta(hours=24)


class Command(HouseCommand):
    """Repeating it begins the 24 hours again."""

    help = "For 24 hours every create looks first: the providers kept what this database may have forgotten."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for firm_id in ticks.firm_ids():
            with firm_scope(firm_id):
                until = database_now() + LASTS
                for row in Connection.objects.all():
                    Connection.objects.filter(id=row.id).update(probe_first_until=until)
                    record(action="connection.looks_first", object_type="connection", object_id=row.id,
                           changes={"until": until.isoformat()})  # fmt: skip
                    count += 1
        operator_log.note("restore.reported", details={"connections": count})
        words = f"{count} connections look before every create for 24 hours."
        self.answer(options, {"connections": count, "hours": LASTS // timedelta(hours=1)}, words)
