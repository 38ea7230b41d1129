"""`manage.py backup_done`: the last step of your backup tells that it worked."""

from typing import Any

from django.core.management.base import CommandParser

from casehug.common import operator_log
from casehug.common.command import HouseCommand


class Command(HouseCommand):
    """Shown on the operator's page and in /metrics with its age."""

    help = "Note that a backup was finished just now; call it as the last step of your backup."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--label", default="", help="what kind it was, for example “nightly”; no paths, no secrets")

    def handle(self, *args: Any, **options: Any) -> None:
        entry = operator_log.note(operator_log.BACKUP, details={"label": options["label"][:60]})
        self.answer(options, {"reported_at": entry.created_at.isoformat()}, "The backup is noted.")
