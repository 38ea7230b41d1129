"""`manage.py import_intakes FILE`: check a CSV file of intakes and import it, with a report on every row."""

import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from casehug.common.actor import actor_context
from casehug.common.command import HouseCommand, Problem, WrongUse, firm_id_of
from casehug.common.scope import firm_scope
from casehug.common.ticks import firm_ids
from casehug.firms.models import Firm
from casehug.intake.errors import IntakeError
from casehug.intake.imports.check import check_intakes
from casehug.intake.imports.report import import_counts, report_csv, report_data, report_rows, sentence
from casehug.intake.imports.run import import_intakes
from casehug.intake.models import ImportBatch


class Command(HouseCommand):
    """Finished is success: rows that were not imported are explained. With --strict they end it with code 1."""

    help = "Import intakes from a CSV file. Safe to repeat: a row whose reference is known is not imported again."
    about = "A file that cannot be read and an unknown firm are wrong use; nothing is imported then."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument("--firm", default="", help="the firm's short name; not needed when there is only one firm")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen to every row")
        parser.add_argument("--report", type=Path, help="also write the row-by-row report to this CSV file")
        parser.add_argument("--strict", action="store_true", help="end with code 1 unless every row was imported")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise WrongUse(f"{path} cannot be read: {error.strerror}.") from error
        firm_id = _firm_id(options["firm"])
        try:
            with actor_context(source="command"):
                batch_id = _import(firm_id, data, path.name, dry_run=options["dry_run"])
        except IntakeError as error:
            raise WrongUse(error.message) from error
        with firm_scope(firm_id):
            explained = self._report(ImportBatch.objects.get(id=batch_id), options)
        if explained and options["strict"]:
            raise Problem("Not every row was imported.")

    def _report(self, batch: ImportBatch, options: dict[str, Any]) -> int:
        if options["report"]:
            options["report"].write_text(report_csv(batch), encoding="utf-8", newline="")
        counts = import_counts(batch)
        if options["json"]:
            self.answer(options, report_data(batch), "")
            return counts.explained
        for notice in batch.notices:
            self.stdout.write(f"Note: {notice}")
        after = 0
        while True:
            rows, after = report_rows(batch, after_line=after, only_messages=not options["dry_run"], size=500)
            for row in rows:
                self.stdout.write(f"Line {row.line}: {row.get_outcome_display()}. {sentence(row)}".rstrip())
            if not after:
                break
        done = f"{counts.left} will be imported" if options["dry_run"] else f"{counts.imported} imported"
        self.stdout.write(
            f"{counts.total} rows read as {batch.encoding}: {done}, {counts.duplicate} imported before, "
            f"{counts.explained} not imported and explained above, {counts.with_warnings} to look at."
        )
        return counts.explained


def _import(firm_id: uuid.UUID, data: bytes, filename: str, *, dry_run: bool) -> uuid.UUID:
    with firm_scope(firm_id):
        batch = check_intakes(data=data, filename=filename)
    if not dry_run:
        import_intakes(firm_id=firm_id, batch_id=batch.id)
    return batch.id


def _firm_id(slug: str) -> uuid.UUID:
    if slug:
        return firm_id_of(slug)
    known = firm_ids()
    if len(known) == 1:
        return known[0]
    if not known:
        raise WrongUse("There is no firm yet.")
    raise WrongUse(f"Say which firm with --firm: {', '.join(_slug(firm_id) for firm_id in known[:20])}.")


def _slug(firm_id: uuid.UUID) -> str:
    with firm_scope(firm_id):
        return str(Firm.objects.get(id=firm_id).slug)
