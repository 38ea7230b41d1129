"""`manage.py load_demo`: the demo firms of a local run."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from casehug.local import demo


class Command(BaseCommand):
    """Idempotent: matters stay, logins are renewed."""

    help = "Load the demo firms and print their logins (local runs only)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON line instead of a list")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.CASEHUG_LOCAL:
            raise CommandError("Demo data is for local runs only.")
        loaded = demo.load()
        if options["json"]:
            self.stdout.write(json.dumps(loaded))
            return
        for user in loaded["users"]:
            self.stdout.write(f"{user['role']:<9} {user['email']:<32} {user['password']}  ({user['firm']})")
        self.stdout.write(f"portal    {loaded['portal_url']}")
