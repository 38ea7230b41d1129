"""`manage.py verify_audit`: check every firm's audit chain and name the first fault."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from casehug.audit.models import AuditEntry
from casehug.audit.services import verify_chain
from casehug.common.scope import firm_scope
from casehug.common.ticks import firm_ids


class Command(BaseCommand):
    """Exit status 1 when a chain is broken."""

    help = "Verify the hash chain of every firm's audit log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON line")

    def handle(self, *args: Any, **options: Any) -> None:
        found = []
        for firm_id in firm_ids():
            with firm_scope(firm_id):
                found.append({"firm": str(firm_id), "entries": AuditEntry.objects.count(), "fault": verify_chain()})
        if options["json"]:
            self.stdout.write(json.dumps(found))
        for each in [] if options["json"] else found:
            self.stdout.write(f"{each['firm']}  {each['entries']} entries  {each['fault'] or 'unbroken'}")
        if any(each["fault"] for each in found):
            raise CommandError("An audit chain is broken.")
