"""`manage.py sync`: queue the sync of a matter, or of all that were never synced, and watch it if wanted."""

import uuid
from collections import Counter
from typing import Any

from django.core.management.base import CommandParser

from casehug.common.actor import actor_context
from casehug.common.command import FirmCommand, Problem, WrongUse, firm_id_of, id_of
from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.management.following import add_provider, add_waiting, connection_of, follow
from integrations.selectors.bulk import unsynced
from integrations.sync.services import SyncRefused, request_sync

PIECE = 200
GOOD = ("done",)


class Command(FirmCommand):
    """Enqueues through the services of the engine, as the buttons do."""

    help = "Queue the sync of one or more matters, or of all matters that have no record there yet."
    about = "The output says how each one stands; with --wait, when it has ended."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("matter", nargs="*", help="ids of matters (mat_…)")
        parser.add_argument("--unsynced", action="store_true", help="all matters without a record there, oldest first")
        parser.add_argument("--confirm", type=int, metavar="NUMBER", help="with --unsynced: how many it must be")
        parser.add_argument("--wait", action="store_true", help="show progress until all have ended")
        add_provider(parser)
        add_waiting(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["matter"]) == options["unsynced"]:
            raise WrongUse("Name matters, or say --unsynced.")
        firm_id = firm_id_of(options["firm"])
        with firm_scope(firm_id):
            wanted = self._wanted(options)
        items = self._enqueue(firm_id, wanted, options)
        if options["wait"] or options["here"]:
            items = list(follow(
                firm_id=firm_id, ids=[item.id for item in items], here=options["here"], timeout=options["timeout"],
                progress=self.progress("Synced", len(items)),
            ).values())  # fmt: skip
        self._report(items, options)

    def _wanted(self, options: dict[str, Any]) -> list[uuid.UUID]:
        connection = connection_of(options["provider"])
        if not options["unsynced"]:
            return [id_of("mat", text) for text in options["matter"]]
        found = list(unsynced(connection).values_list("id", flat=True))
        if found and options["confirm"] != len(found):
            raise WrongUse(
                f"{len(found)} matters would be sent. `plan` shows what would happen to each; "
                f"to send them say --confirm {len(found)}."
            )
        return found

    def _enqueue(self, firm_id: uuid.UUID, wanted: list[uuid.UUID], options: dict[str, Any]) -> list[WorkItem]:
        lane = WorkItem.Lane.BULK if options["unsynced"] else WorkItem.Lane.BUTTON
        bar, items = self.progress("Queued", len(wanted)), list[WorkItem]()
        for start in range(0, len(wanted), PIECE):
            with actor_context(source="command"), firm_scope(firm_id):
                for matter_id in wanted[start : start + PIECE]:
                    try:
                        items.append(request_sync(
                            matter_id=matter_id, lane=lane, trigger="command", provider_key=options["provider"]
                        ))  # fmt: skip
                    except SyncRefused as refused:
                        raise WrongUse(f"{public_id('mat', matter_id)}: {refused}") from refused
                    bar.step()
        bar.end()
        return items

    def _report(self, items: list[WorkItem], options: dict[str, Any]) -> None:
        counts = Counter(item.status for item in items)
        rows = [
            {"matter": public_id("mat", item.subject_id), "run": public_id("run", item.id), "status": item.status,
             "reason": item.hold_reason, "error_code": item.last_error_code, "error": item.last_error_text}
            for item in items
        ]  # fmt: skip
        lines = [" ".join(filter(None, (row["matter"], row["status"], row["reason"], row["error"]))) for row in rows]
        total = ", ".join(f"{number} {status}" for status, number in sorted(counts.items())) or "nothing to send"
        self.answer(options, {"firm": options["firm"], "provider": options["provider"], "counts": counts, "rows": rows},
                    "\n".join([*lines, f"{len(items)} matters: {total}."]))  # fmt: skip
        waited = options["wait"] or options["here"]
        if waited and counts["done"] != len(items) or counts["dead"]:
            raise Problem("Not every matter is synced.")
