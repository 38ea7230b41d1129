"""`manage.py rotate_keys`: rewrap every data key with the active key-encryption key. No client data is touched."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

from casehug.common.encryption import active_kek_id, rewrap_all
from casehug.common.scope import firm_scope
from casehug.common.ticks import firm_ids


class Command(BaseCommand):
    """Resumable: a second run changes only what the first did not reach."""

    help = "Rewrap all data keys with the first key of CASEHUG_KEK. Keep the old key until this has finished."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON line")

    def handle(self, *args: Any, **options: Any) -> None:
        firms = changed = 0
        for firm_id in firm_ids():
            with firm_scope(firm_id):
                changed += rewrap_all()
            firms += 1
        sealed = sum(import_string(path)() for path in settings.RESEAL_HOOKS)
        result = {"active": active_kek_id(), "firms": firms, "rewrapped": changed, "resealed": sealed}
        text = f"{changed} data keys of {firms} firms and {sealed} second factors now use key “{result['active']}”."
        self.stdout.write(json.dumps(result) if options["json"] else text)
