"""`manage.py pull_matters`: what exists at the provider and which of it is linked here. Reads only, imports nothing."""

import time
import uuid
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from casehug.common.command import FirmCommand, Problem, Progress, WrongUse, firm_id_of
from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from integrations.connections.checkup import explain
from integrations.connections.matters import read_page
from integrations.contract.errors import ProviderError, Throttled
from integrations.contract.matters import MatterPage, RemoteMatters
from integrations.management.following import add_provider, connection_of
from integrations.models import Connection
from integrations.registry import provider
from integrations.selectors import pull as reads

LONGEST_WAIT = 60.0


class Command(FirmCommand):
    """One call per page, from the shared budget; when that is used up it waits for its turn."""

    help = "List the matters that exist at the provider and the matter here that each is linked to."
    about = "Reads only; nothing is imported or changed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--search", default="", metavar="TEXT", help="part of the title")
        parser.add_argument("--pages", type=int, default=1, metavar="N", help="pages, newest first (default: 1)")
        add_provider(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        declared, firm_id = provider(options["provider"]), firm_id_of(options["firm"])
        if declared.matters is None:
            raise WrongUse(f"{declared.name} does not let its matters be listed.")
        if options["pages"] < 1:
            raise WrongUse("--pages must be 1 or more.")
        with firm_scope(firm_id):
            row = connection_of(options["provider"])
        bar, rows, total, more = self.progress("Pages", options["pages"]), list[dict[str, Any]](), None, True
        for number in range(1, options["pages"] + 1):
            page = self._page(row, declared.matters, number, options["search"], bar)
            rows += _linked(firm_id, row, page)
            total, more = page.total, page.more
            bar.show(number)
            if not more:
                break
        bar.end()
        with firm_scope(firm_id):
            linked = reads.link_counts(row).linked
        data = {"firm": options["firm"], "provider": options["provider"], "total": total, "linked": linked,
                "more": more, "rows": rows}  # fmt: skip
        lines = [f"{one['id']:<12} {one['matter'] or '(not linked)':<32} {one['title']}" for one in rows]
        of = "" if total is None else f" of {total}"
        rest = " More pages follow; see --pages." if more else ""
        self.answer(options, data, "\n".join([*lines, f"{len(rows)}{of} matters shown, {linked} linked here.{rest}"]))

    def _page(self, row: Connection, source: RemoteMatters, number: int, search: str, bar: Progress) -> MatterPage:
        while True:
            try:
                return read_page(connection=row, reads=source, number=number, search=search)
            except Throttled as wait:
                if wait.seconds > LONGEST_WAIT:
                    bar.end()
                    raise Problem(" ".join(explain(wait, provider(row.provider).name))) from wait
                time.sleep(max(1.0, wait.seconds))
            except ProviderError as problem:
                bar.end()
                raise Problem(" ".join(explain(problem, provider(row.provider).name))) from problem


def _linked(firm_id: uuid.UUID, row: Connection, page: MatterPage) -> list[dict[str, Any]]:
    with firm_scope(firm_id):
        return [
            asdict(one.remote) | {"matter": public_id("mat", one.link.local_id) if one.link else None}
            for one in reads.rows_of(row, page)
        ]
