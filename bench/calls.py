"""Calls per matter: the product against a naive four-call client, counted where they arrive."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.naive import Naive
from bench.result import Result
from bench.size import Size
from casehug.common.scope import firm_scope
from casehug.intake.services.matters import update_matter
from harness.offices import Office, await_quiet, make_office, person
from harness.stack import Stack
from harness.standin import StandIn

Person = dict[str, str]


@dataclass(frozen=True)
class Situation:
    """What is measured: `prepare` makes the matter to sync, `most` is the promised number of calls."""

    name: str
    most: int
    prepare: Callable[["Bench", Person], uuid.UUID]
    note_target: str = "contact"


@dataclass
class Bench:
    """One firm of the product beside one account of the naive client."""

    office: Office
    naive: Naive
    naive_account: str
    standin: StandIn
    matters: set[uuid.UUID] = field(default_factory=set)
    contacts: int = 0

    def sync(self, matter_id: uuid.UUID) -> int:
        """Press the button, wait, and return how many calls arrived."""
        before = self.standin.last()
        self.office.press(matter_id)
        await_quiet([self.office])
        self.matters.add(matter_id)
        return len(self.standin.arrived(self.office.account, since=before))

    def naive_push(self, who: Person, title: str) -> int:
        """Let the naive client do the same, and return how many calls arrived."""
        before = self.standin.last()
        self.naive.four_calls(who, title)
        return len(self.standin.arrived(self.naive_account, since=before))


def _new(bench: Bench, who: Person) -> uuid.UUID:
    bench.contacts += 1
    return bench.office.intake(who).id


def _known(bench: Bench, who: Person) -> uuid.UUID:
    Naive(bench.standin.url, bench.office.token).create_contact(who)
    bench.naive.create_contact(who)
    return _new(bench, who)


def _second(bench: Bench, who: Person) -> uuid.UUID:
    bench.contacts += 1
    first = bench.office.intake(who)
    bench.sync(first.id)
    bench.naive.four_calls(who, "first matter")
    return bench.office.intake(who, client_id=first.client_id).id


def _unchanged(bench: Bench, who: Person) -> uuid.UUID:
    matter_id = _new(bench, who)
    bench.sync(matter_id)
    bench.naive.four_calls(who, who["last_name"])
    return matter_id


def _changed(bench: Bench, who: Person) -> uuid.UUID:
    matter_id = _unchanged(bench, who)
    with firm_scope(bench.office.firm_id):
        update_matter(matter_id=matter_id, title=f"{who['last_name']} retitled")
    return matter_id


SITUATIONS = (
    Situation("new client", 3, _new),
    Situation("e-mail known there, note on the contact", 3, _known),
    Situation("e-mail known there, note on the matter", 2, _known, "matter"),
    Situation("further matter of a linked client, note on the contact", 2, _second),
    Situation("further matter of a linked client, note on the matter", 1, _second, "matter"),
    Situation("linked matter, title changed", 1, _changed),
    Situation("linked matter, nothing changed", 0, _unchanged),
)


def measure(stack: Stack, size: Size) -> Result:
    """Sync matters in every situation, in turn with the naive client."""
    standin = StandIn(stack.standin_url)
    result = Result(
        "calls", "Calls per matter",
        f"{size.rounds} rounds; per round and situation one matter by the product, then the same by the naive client"
        " (find, create or update the contact, create the matter, create the note). Counted by the stand-in.",
        ["situation", "CaseHug", "naive", "ratio", "promised"],
    )  # fmt: skip
    counters = {"doubled": 0, "lost": 0, "failed": 0, "calls_over_promise": 0}
    naive_doubled, first = 0, []
    for index, situation in enumerate(SITUATIONS):
        office = make_office(standin, account=None, note_target=situation.note_target)
        account, token = standin.account()
        bench = Bench(office, Naive(standin.url, token), account, standin)
        ours: list[int] = []
        theirs: list[int] = []
        first.append(bench.sync(_new(bench, person(f"{index}.first"))))
        for turn in range(size.rounds):
            who = person(f"{index}.{turn}")
            matter_id = situation.prepare(bench, who)
            ours.append(bench.sync(matter_id))
            theirs.append(bench.naive_push(who, who["last_name"]))
        found, wanted = standin.effects(office.account), len(bench.matters)
        for key, more in (("contacts", bench.contacts), ("matters", wanted), ("notes", wanted)):
            counters["doubled"] += max(0, getattr(found, key) - more)
            counters["lost"] += max(0, more - getattr(found, key))
        counters["doubled"] += found.doubled
        counters["failed"] += office.failures()
        counters["calls_over_promise"] += sum(max(0, count - situation.most) for count in ours)
        naive_doubled += max(0, standin.effects(account).matters - (wanted - 1))
        mean, other = sum(ours) / len(ours), sum(theirs) / len(theirs)
        row = [situation.name, f"{mean:.2f}", f"{other:.2f}", f"{mean / other:.2f}", f"≤ {situation.most}"]
        result.rows.append(row)
        result.raw[situation.name] = {"casehug": ours, "naive": theirs}
    result.counters, result.raw["first matter of an account"] = counters, first
    result.notes.append(
        f"The first matter of a new account is not in the table; it takes {max(first)} calls, because the product looks"
        " once whether a note that travelled inside its contact arrived."
    )
    result.notes.append(
        f"Where nothing was new, the naive client has no memory: it left {naive_doubled} second copies of a matter"
        " (and of its note) behind; CaseHug left none."
    )
    _targets(result)
    return result


def _targets(result: Result) -> None:
    share = {name: sum(one["casehug"]) / sum(one["naive"]) for name, one in result.raw.items() if isinstance(one, dict)}
    result.aim("calls for a new client, of the naive client's", share[SITUATIONS[0].name], 0.76, unit="×")
    result.aim("calls for a known e-mail, note on the matter", share[SITUATIONS[2].name], 0.51, unit="×")
    result.aim("calls for what is unchanged", share[SITUATIONS[-1].name], 0.0, unit="×")
