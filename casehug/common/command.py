"""The manners of every command: help, one JSON document on demand, a progress bar on a terminal, exit codes.

Exit codes: 0 all is well, 1 a problem or failures were found, 2 wrong use.
"""

import json
import sys
import uuid
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from casehug.common.ids import parse_public_id

WIDTH = 30
MANNERS = "Exit codes: 0 all is well, 1 a problem or failures were found, 2 wrong use."


class WrongUse(CommandError):
    """The command was asked for something it cannot do; nothing was changed."""

    def __init__(self, text: str) -> None:
        super().__init__(text, returncode=2)


class Problem(CommandError):
    """The command ran and found a problem, or not everything worked."""


class Progress:
    """A bar on the error output, drawn on a terminal only, so that what a program reads stays clean."""

    def __init__(self, label: str, total: int, stream: TextIO | None = None) -> None:
        self.label, self.total, self.done = label, max(total, 0), 0
        self.stream = stream or sys.stderr
        self.shown = self.stream.isatty()

    def show(self, done: int) -> None:
        """Draw how many are done."""
        self.done = done
        if self.shown:
            filled = WIDTH if not self.total else min(WIDTH, WIDTH * done // self.total)
            self.stream.write(f"\r{self.label} [{'#' * filled}{'.' * (WIDTH - filled)}] {done} of {self.total}\x1b[K")
            self.stream.flush()

    def step(self) -> None:
        """Draw one more."""
        self.show(self.done + 1)

    def end(self) -> None:
        """Leave the line of the bar."""
        if self.shown:
            self.stream.write("\n")
            self.stream.flush()


class HouseCommand(BaseCommand):
    """Base of the commands: `--json`, and `answer` for what they have to say. `about` is printed below the help."""

    about = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, epilog=f"{self.about} {MANNERS}".strip(), **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document on one line")

    def answer(self, options: dict[str, Any], data: Any, text: str) -> None:
        """Print the data as one line of JSON, or the text for a person."""
        self.stdout.write(json.dumps(data, ensure_ascii=False, default=str) if options["json"] else text)

    def progress(self, label: str, total: int) -> Progress:
        """Return a progress bar."""
        return Progress(label, total)


def firm_id_of(slug: str) -> uuid.UUID:
    """Return the firm with this short name. Raises `WrongUse` when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT resolve_firm_slug(%s)", [slug])
        found: uuid.UUID | None = cursor.fetchone()[0]
    if found is None:
        raise WrongUse(f"There is no firm with the short name “{slug}”.")
    return found


def id_of(prefix: str, text: str) -> uuid.UUID:
    """Return the id behind `mat_…` or a plain UUID. Raises `WrongUse` for anything else."""
    try:
        return parse_public_id(prefix, text) or uuid.UUID(text)
    except ValueError:
        raise WrongUse(f"“{text}” is not an id ({prefix}_…).") from None


class FirmCommand(HouseCommand):
    """Base of the commands that touch one firm's data: `--firm SLUG`, always asked for."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--firm", required=True, metavar="SLUG", help="short name of the firm")
