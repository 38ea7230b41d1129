"""The table of commands in docs/operations.md names every command there is, and each has the same manners."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from casehug.local.commands import local_commands

TABLE = Path(__file__).parents[3] / "docs" / "operations.md"
SILENT = {"relay": "runs until it is stopped"}


def own_commands() -> dict[str, str]:
    """Return the commands of the product by name, with their app."""
    return {name: app for name, app in get_commands().items() if app.startswith(("casehug", "integrations"))}


def listed() -> list[str]:
    """Return the commands that the table names, in its order."""
    section = TABLE.read_text("utf-8").partition("\n## Commands\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([a-z_]+)", section, flags=re.MULTILINE)


def test_the_table_names_every_command_once() -> None:
    assert sorted(listed()) == sorted(own_commands().keys() | local_commands().keys())


@pytest.mark.parametrize("name", sorted(own_commands()))
def test_every_command_has_help_and_json(name: str) -> None:
    parser = load_command_class(own_commands()[name], name).create_parser("manage.py", name)
    assert parser.description and len(parser.description) > 20
    options = {option for action in parser._actions for option in action.option_strings}
    assert "--json" in options or name in SILENT
    assert all(action.help for action in parser._actions if action.option_strings and action.dest != "firm")
