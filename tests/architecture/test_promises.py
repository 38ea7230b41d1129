"""The table of promises: every number once, every route and every test that it names exists."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.urls import get_resolver

from casehug.local.state import PROJECT

NOT_SHOWN, LAST = "not yet shown", {"CH": 78, "LX": 74}
MOST_NOT_SHOWN = 0


@dataclass(frozen=True)
class Row:
    """One promise of the table."""

    name: str
    promise: str
    routes: list[str]
    tests: list[str]
    told: str


def rows_of(text: str) -> list[Row]:
    """Read the table's rows."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if re.fullmatch(r"(CH|LX)-\d+", cells[0]):
            assert len(cells) == 4, line
            named = [re.findall(r"`([^`]+)`", cell) for cell in cells]
            found.append(Row(cells[0], cells[1], named[2], named[3], cells[3]))
    return found


def faults(rows: list[Row], project: Path, routes: set[str]) -> list[str]:
    """Return what is wrong with the table, in words."""
    names = [row.name for row in rows]
    wanted = [f"{part}-{number}" for part, last in LAST.items() for number in range(1, last + 1)]
    wrong = [f"{name} stands {names.count(name)} times" for name in wanted if names.count(name) != 1]
    for row in rows:
        name = row.name
        wrong += [f"{name}: no promise"] * (not row.promise)
        wrong += [f"{name}: no such route {one}" for one in row.routes or ["(none)"] if one not in routes]
        if not row.tests and row.told != NOT_SHOWN:
            wrong.append(f"{name}: neither a test nor “{NOT_SHOWN}”")
        for test in row.tests:
            path, _, function = test.partition("::")
            file = project / path
            if not file.is_file() or f"def {function}(" not in file.read_text("utf-8"):
                wrong.append(f"{name}: no such test {test}")
    return wrong


@pytest.fixture(scope="module")
def routes() -> set[str]:
    """Return the names of all routes."""
    return {name for name in get_resolver().reverse_dict if isinstance(name, str)}


@pytest.fixture(scope="module")
def table() -> str:
    """Return the table as it stands."""
    return (PROJECT / "docs" / "promises.md").read_text("utf-8")


def test_every_promise_has_its_place_and_its_test(table: str, routes: set[str]) -> None:
    rows = rows_of(table)
    assert faults(rows, PROJECT, routes) == []
    assert sum(not row.tests for row in rows) <= MOST_NOT_SHOWN


def test_sabotage_a_wrong_table_is_named(table: str, routes: set[str]) -> None:
    table = table.replace("| CH-2 |", "| CH-1 |").replace("`help_error`", "`no_such_page`")
    table = table.replace("test_expired`", "test_nobody_wrote`").replace("| LX-3 |", "| LX-2 |")
    table = re.sub(r"(\| CH-19 \|.*\|) [^|]+ \|", r"\1 surely |", table)
    found = faults(rows_of(table), PROJECT, routes)
    for words in ("CH-1 stands 2 times", "CH-2 stands 0 times", "LX-3 stands 0 times", "no such route no_such_page",
                  "test_nobody_wrote", "neither a test nor"):  # fmt: skip
        assert any(words in fault for fault in found), words
