"""`manage.py verify_audit`: check every firm's audit chain and name the first fault."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from casehug.audit.heads import BadHeads, Head, own_heads, read_heads
from casehug.audit.models import AuditEntry
from casehug.audit.verify import verify_firm
from casehug.common.command import HouseCommand, Problem, WrongUse, firm_id_of
from casehug.common.scope import firm_scope
from casehug.common.ticks import firm_ids


class Command(HouseCommand):
    """Code 1 when a chain is broken; reading only."""

    help = "Verify the hash chain of the audit logs, also against the heads that were noted outside the database."
    about = "Without --checkpoints the installation's own file of heads is used."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--firm", default="", metavar="SLUG", help="only this firm; all without it")
        parser.add_argument(
            "--checkpoints", type=Path, action="append", metavar="FILE",
            help="a kept copy of the file of heads, or a log file with them; may be given several times",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            heads = read_heads(options["checkpoints"]) if options["checkpoints"] else own_heads()
        except BadHeads as error:
            raise WrongUse(str(error)) from error
        wanted = [firm_id_of(options["firm"])] if options["firm"] else firm_ids()
        gone = [] if options["firm"] else sorted(str(firm_id) for firm_id in heads.keys() - set(wanted))
        found = [self._firm(firm_id, heads.get(firm_id, [])) for firm_id in wanted]
        found += [{"firm": name, "entries": 0, "checkpoints": 0, "fault": "the whole firm is missing"} for name in gone]
        lines = [f"{one['firm']}  {one['entries']} entries  {one['checkpoints']} checkpoints agree  "
                 f"{one['fault'] or 'unbroken'}" for one in found]  # fmt: skip
        self.answer(options, found, "\n".join(lines) or "There is no firm yet.")
        if any(one["fault"] for one in found):
            raise Problem("An audit chain is broken.")

    def _firm(self, firm_id: Any, heads: list[Head]) -> dict[str, Any]:
        with firm_scope(firm_id):
            bar = self.progress("Entries", AuditEntry.objects.count())
            verdict = verify_firm(heads, progress=bar.show)
        bar.end()
        return {"firm": str(firm_id), "entries": verdict.entries, "checkpoints": verdict.heads,
                "fault": verdict.fault or None}  # fmt: skip
