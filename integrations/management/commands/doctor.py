"""`manage.py doctor`: the machine always; on demand every part, and how the connected account of a firm behaves."""

from typing import Any

from django.core.management.base import CommandParser

from casehug.common.actor import actor_context
from casehug.common.command import HouseCommand, Problem, firm_id_of
from casehug.common.scope import firm_scope
from casehug.common.standstill import paused_since
from casehug.local.doctor import machine
from casehug.local.doctor import text as machine_text
from casehug.local.state import StateFolder, state_path
from casehug.operations import figures
from casehug.operations.isolation import check_isolation
from casehug.operations.parts import FAILED, Part, parts
from integrations.connections.checkup import explain
from integrations.connections.examine import Report, examine_connection
from integrations.management.following import add_provider, connection_of
from integrations.registry import provider

NO_ANSWER = "not answered yet"


class Command(HouseCommand):
    """Without --product and --firm it needs no database and is answered by the local commands of manage.py."""

    help = "Say what is here and what is wrong: the machine, with --product every part, with --firm an account."
    about = (
        "Without --product or --firm only the machine is looked at and no server is needed. The examination of an "
        "account only reads, from its shared budget, and is kept as its profile. No secrets are printed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--state-dir", help="the state folder (default: .casehug)")
        parser.add_argument("--product", action="store_true", help="also look at every part of the installation")
        parser.add_argument("--firm", metavar="SLUG", help="also examine the connected account of this firm")
        add_provider(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        here = machine(StateFolder(state_path(options["state_dir"])))
        data: dict[str, Any] = {"machine": here}
        lines, problems = [machine_text(here)], list(here["problems"])
        if options["product"] or options["firm"]:
            check_isolation()
            found = parts(figures.backlog(), figures.outside(), paused=paused_since() is not None)
            data["parts"] = [{"key": part.key, "state": part.state, "words": part.words} for part in found]
            lines += ["", *(_line(part.state, part.label, part.words) for part in found)]
            problems += [_problem(part) for part in found if part.state == FAILED]
        if options["firm"]:
            report = self._examine(options)
            data["account"], more = _account(report, options["provider"])
            lines += ["", *(_line("", one["question"], one["answer"] or NO_ANSWER) for one in data["account"]["facts"])]
            problems += more
        data["problems"] = problems
        lines += ["", *(f"Problem: {one}" for one in problems)] if problems else []
        self.answer(options, data, "\n".join(lines))
        if problems:
            raise Problem("Something is wrong, see above." if not options["json"] else "Something is wrong.")

    def _examine(self, options: dict[str, Any]) -> Report:
        firm_id = firm_id_of(options["firm"])
        with firm_scope(firm_id):
            connection = connection_of(options["provider"])
        with actor_context(source="command"):
            return examine_connection(connection=connection)


def _line(state: str, label: str, words: str) -> str:
    return f"{state:<10} {label}: {words}" if state else f"{label} {words}"


def _problem(part: Part) -> str:
    return f"{part.label}: {part.words}"


def _account(report: Report, key: str) -> tuple[dict[str, Any], list[str]]:
    facts = [
        {"key": fact.key, "question": fact.question, "value": fact.value, "answer": fact.words, "at": fact.at}
        for fact in report.facts
    ]
    problems = [" ".join(explain(report.stopped_by, provider(key).name))] if report.stopped_by else []
    return {"provider": key, "examined_at": report.at, "facts": facts}, problems
