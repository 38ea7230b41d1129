"""`manage.py export_firm`: everything of one firm as a ZIP."""

import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from casehug.common.actor import actor_context
from casehug.common.command import FirmCommand, Problem, WrongUse, firm_id_of
from casehug.common.scope import firm_scope
from casehug.data_duties.export.build import build, file_of, new_export
from casehug.data_duties.models import FirmExport


class Command(FirmCommand):
    """The file holds client data in clear text: keep it where only the firm can read it."""

    help = "Export everything of a firm: a ZIP with JSON lines per table, all files, and a manifest with hashes."
    about = "Without --to the file stays in the store for 24 hours, where the firm's admins can download it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--to", type=Path, metavar="FILE", help="write the ZIP here; it must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        firm_id, to = firm_id_of(options["firm"]), options["to"]
        if to is not None and (to.exists() or not to.parent.is_dir()):
            raise WrongUse(f"{to} exists already, or its folder does not.")
        with actor_context(source="command"):
            with firm_scope(firm_id):
                export = new_export()
            bar = self.progress("Rows and files", export.total)
            build(firm_id=firm_id, export_id=export.id, progress=bar.show)
            bar.end()
        with firm_scope(firm_id):
            export.refresh_from_db()
        if export.state != FirmExport.State.READY:
            raise Problem("Meanwhile a client was erased, or somebody asked for another export. Run the command again.")
        place = file_of(export)
        if to is not None:
            shutil.move(place, to)
            with firm_scope(firm_id):
                FirmExport.objects.filter(id=export.id).update(state=FirmExport.State.GONE, path="")
        data = {"export": export.public_id, "file": str(to or place), "bytes": export.size_bytes,
                "sha256": export.sha256, "rows": export.contents["rows"]}  # fmt: skip
        text = f"{to or place}: {export.done} rows and files, {export.size_bytes} bytes, SHA-256 {export.sha256}."
        self.answer(options, data, text)
