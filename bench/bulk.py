"""A bulk sync from dry run to summary under a known limit, and one whose limit is cut from 150 to 50 in the middle."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.result import Result
from bench.size import Size
from casehug.common.scope import firm_scope
from harness.offices import Office, make_office, person
from harness.stack import Stack
from harness.standin import StandIn
from integrations.models import BulkRun, Connection
from integrations.selectors.bulk import plan_of
from integrations.sync.bulk import services
from integrations.sync.bulk.drive import TRIAL_ROWS
from integrations.sync.bulk.outcomes import count

LIMIT, CUT = 150, 50
MINUTE = 6.0
"""A minute lasts six seconds here, for the product and the stand-in alike: the same limits, ten times as fast."""
MOST_SECONDS = 3600


@dataclass
class Bulk:
    """One bulk sync of one firm."""

    office: Office
    standin: StandIn
    run_id: object = None

    def start(self, matters: int, first: int) -> float:
        """Make the matters and their dry run; return how long the dry run took."""
        with firm_scope(self.office.firm_id):
            ids = [self.office.intake(person(number)).id for number in range(first, first + matters)]
        began = time.monotonic()
        with firm_scope(self.office.firm_id):
            self.run_id = services.start_plan(
                connection=Connection.objects.get(), matter_ids=ids, choice="measured", matched=len(ids),
                name="Lawmatics", actor_id=None,
            ).id  # fmt: skip
        self.wait(lambda run: run.status == "planned")
        return time.monotonic() - began

    def wait(self, until: Callable[[BulkRun], bool]) -> None:
        """Wait until something is so for the run. Raises `TimeoutError`."""
        deadline = time.monotonic() + MOST_SECONDS
        while True:
            with firm_scope(self.office.firm_id):
                run = BulkRun.objects.select_related("connection").get(id=self.run_id)
                if until(run):
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"the bulk sync stays {run.status}")
            time.sleep(0.2)

    def confirm(self) -> None:
        """Type the number, see the trial through, and continue."""
        with firm_scope(self.office.firm_id):
            number = services.sending(BulkRun.objects.get(id=self.run_id))
            services.confirm(run_id=self.run_id, typed=str(number), actor_id=None)  # type: ignore[arg-type]
        if number > TRIAL_ROWS:
            self.wait(lambda run: count(run).done + count(run).failed == TRIAL_ROWS)
            with firm_scope(self.office.firm_id):
                services.continue_run(run_id=self.run_id)  # type: ignore[arg-type]

    def rejected(self) -> int:
        """Return how many calls the stand-in refused."""
        return int(self.standin.control("GET", "ledger")["rejected_429"])


def measure(stack: Stack, size: Size) -> Result:
    """Sync `size.bulk` matters at a known limit, then a fifth as many with the limit cut half way."""
    os.environ["CASEHUG_LIMIT_MINUTE"] = str(MINUTE)
    try:
        stack.fresh()  # the worker reads how long a minute is when it starts
        standin = StandIn(stack.standin_url)
        standin.control("PATCH", "switches", rate_limit=str(LIMIT), rate_window_seconds=str(MINUTE))
        known = _one(standin, size.bulk, cut=False)
        standin.reset()
        standin.control("PATCH", "switches", rate_limit=str(LIMIT), rate_window_seconds=str(MINUTE))
        cut = _one(standin, max(8, size.bulk // 5), cut=True)
    finally:
        del os.environ["CASEHUG_LIMIT_MINUTE"]
    rows = [[label, f"{known[key]}", f"{cut[key]}"] for key, label in LABELS.items()]
    counters = {"rejected_at_the_known_limit": int(known["rejected"])}
    counters |= {f"{name}_{key}": int(one[key]) for name, one in (("known", known), ("cut", cut)) for key in WRONG}
    counters["known_calls_off_the_plan"] = abs(int(known["calls"]) - int(known["planned"]))
    result = Result(
        "bulk", f"Bulk sync of {size.bulk:,} matters",
        f"New clients, {LIMIT} calls a minute, a minute lasting {MINUTE:.0f} s for the product and the stand-in alike."
        f" In the second column the stand-in allows only {CUT} from half way on, and the product is not told.",
        ["what", "known limit", f"cut from {LIMIT} to {CUT}"], rows, counters=counters,
        raw={"known": known, "cut": cut},
    )  # fmt: skip
    result.aim("calls of a bulk sync, of those announced", known["calls"] / known["planned"], 1.0, unit="×", digits=3)
    return result


LABELS = {
    "matters": "matters", "dry_run": "seconds of the dry run", "planned": "calls the dry run announced",
    "calls": "calls that arrived", "rejected": "calls refused by the limit", "expected": "seconds announced",
    "seconds": "seconds from the confirmation to the end",
}  # fmt: skip
WRONG = ("doubled", "lost", "failed")


def _one(standin: StandIn, matters: int, *, cut: bool) -> dict[str, float]:
    """Run one bulk sync through; return its numbers."""
    office = make_office(standin, account=None)
    with firm_scope(office.firm_id):
        Connection.objects.update(calls_per_minute=LIMIT)
    bulk = Bulk(office, standin)
    dry_run = bulk.start(matters, 0)
    with firm_scope(office.firm_id):
        plan = plan_of(BulkRun.objects.select_related("connection").get(id=bulk.run_id))
    before, began = standin.last(), time.monotonic()
    bulk.confirm()
    if cut:
        bulk.wait(lambda run: count(run).done >= matters // 2)
        standin.control("PATCH", "switches", rate_limit=str(CUT))
    bulk.wait(lambda run: run.status == "done")
    seconds, found = time.monotonic() - began, standin.effects(office.account)
    made = (found.contacts, found.matters, found.notes)
    return {
        "matters": matters, "dry_run": round(dry_run, 1), "planned": plan.most,
        "calls": len(standin.arrived(office.account, since=before)), "rejected": bulk.rejected(),
        "expected": round(plan.seconds * MINUTE / 60, 1), "seconds": round(seconds, 1),
        "doubled": found.doubled + sum(max(0, one - matters) for one in made),
        "lost": sum(max(0, matters - one) for one in made), "failed": office.failures(),
    }  # fmt: skip
