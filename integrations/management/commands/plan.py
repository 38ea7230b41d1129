"""`manage.py plan`: the dry run of a bulk sync: what would happen to each matter, how many calls, how long."""

import uuid
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.urls import reverse

from casehug.common import work_runner
from casehug.common.actor import actor_context
from casehug.common.command import FirmCommand, Problem, WrongUse, firm_id_of, id_of
from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.wording import duration_words
from integrations.management.following import add_provider, add_waiting, connection_of, watch
from integrations.models import BulkRun
from integrations.registry import provider
from integrations.selectors.bulk import plan_of, unsynced
from integrations.sync.bulk.services import BulkRefused, start_plan

CHOICE = "Chosen on the command line"
WORDS = {
    "create": "would be created", "link": "would be linked", "update": "would be updated",
    "either": "would be linked or created", "nothing": "nothing to change", "left_out": "left out",
}  # fmt: skip


class Command(FirmCommand):
    """Sends nothing. The plan stands on the bulk page for 24 hours and is confirmed there, by a person."""

    help = "Dry run of a bulk sync: what would happen to each matter. Sends nothing."
    about = "Without matters: all that have no record there yet."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("matter", nargs="*", help="ids of matters (mat_…)")
        add_provider(parser)
        add_waiting(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        firm_id, name = firm_id_of(options["firm"]), provider(options["provider"]).name
        with actor_context(source="command"), firm_scope(firm_id):
            connection = connection_of(options["provider"])
            chosen = [id_of("mat", text) for text in options["matter"]]
            chosen = chosen or list(unsynced(connection).values_list("id", flat=True))
            try:
                run = start_plan(
                    connection=connection, matter_ids=chosen, choice=CHOICE, matched=len(chosen), name=name,
                    actor_id=None,
                )  # fmt: skip
            except BulkRefused as refused:
                raise WrongUse(str(refused)) from refused
        self._follow(firm_id, run.id, options)
        with firm_scope(firm_id):
            self._report(BulkRun.objects.select_related("connection").get(id=run.id), options)

    def _follow(self, firm_id: uuid.UUID, run_id: uuid.UUID, options: dict[str, Any]) -> None:
        with firm_scope(firm_id):
            bar = self.progress("Checked", plan_of(BulkRun.objects.get(id=run_id)).total)

        def settled() -> bool:
            with firm_scope(firm_id):
                now = BulkRun.objects.select_related("connection").get(id=run_id)
                bar.show(plan_of(now).checked)
                return bool(now.status != BulkRun.Status.PLANNING)

        def check() -> bool:
            with firm_scope(firm_id):
                row = WorkItem.objects.filter(kind="bulk", subject_id=run_id, status="ready").first()
            return row is not None and work_runner.run_item(row.id, firm_id) != "skipped"

        watch(settled, work=check if options["here"] else lambda: False, timeout=options["timeout"])
        bar.end()

    def _report(self, run: BulkRun, options: dict[str, Any]) -> None:
        plan = plan_of(run)
        url = settings.CASEHUG_BASE_URL + reverse("integration_bulk_run", args=[options["provider"], run.id])
        lines = [f"{number:>6} {WORDS.get(action, action)}" for action, number in sorted(plan.actions.items())]
        calls = f"{plan.fewest}" if plan.fewest == plan.most else f"{plan.fewest} to {plan.most}"
        lines += [f"{plan.sending} of {plan.total} would be sent, with {calls} calls, in about "
                  f"{duration_words(plan.seconds)}.", run.trouble, f"To look at it and to start it: {url}"]  # fmt: skip
        data = {
            "firm": options["firm"], "provider": options["provider"], "plan": public_id("blk", run.id),
            "status": run.status, "total": plan.total, "checked": plan.checked, "actions": plan.actions,
            "sending": plan.sending, "calls": {"fewest": plan.fewest, "most": plan.most}, "lookups": plan.looks,
            "seconds": round(plan.seconds), "trouble": run.trouble, "url": url,
        }  # fmt: skip
        self.answer(options, data, "\n".join(filter(None, lines)))
        if run.status != BulkRun.Status.PLANNED:
            raise Problem("The dry run has not ended yet; the bulk page shows how it gets on.")
