"""From text to rows: the delimiter is found out, quoted line breaks are kept, and broken lines stay single."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casehug.intake.imports.columns import Column, read_columns, recognised
from casehug.intake.imports.decoding import FileProblem, decode

MAX_ROWS = 20_000
MAX_RESTARTS = 200
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Line:
    """One record: the line of the file it starts on, its cells, and why it could not be split (empty when it could)."""

    number: int
    cells: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A whole file."""

    encoding: str
    delimiter: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    notices: tuple[str, ...]


class _Records:
    """Iterates the records of physical lines; a record that cannot be split costs one line, not the rest."""

    def __init__(self, lines: Sequence[str], delimiter: str) -> None:
        self._lines, self._delimiter, self._next, self._restarts = lines, delimiter, 0, 0

    def __iter__(self) -> Iterator[Line]:
        while self._next < len(self._lines):
            if self._restarts > MAX_RESTARTS:
                number = self._next + 1
                raise FileProblem(f"Too many lines cannot be split into columns; the last is line {number}.")
            yield from self._run()

    def _run(self) -> Iterator[Line]:
        base = self._next
        reader = csv.reader(iter(self._lines[base:]), delimiter=self._delimiter, strict=True)
        while True:
            start = self._next
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                self._next, self._restarts = start + 1, self._restarts + 1
                text = "A quotation mark opens or closes in the wrong place, so this line cannot be split into columns."
                yield Line(start + 1, (self._lines[start].rstrip("\r\n"),), text)
                return
            self._next = base + reader.line_num
            yield Line(start + 1, tuple(cells))


def _delimiter(lines: Sequence[str]) -> str:
    def known(delimiter: str) -> int:
        first = next(iter(_Records(lines[:50], delimiter)), None)
        return recognised(first.cells) if first else 0

    return max(DELIMITERS, key=known)


def read_table(data: bytes) -> Table:
    """Read a CSV file. Raises FileProblem when it is no CSV with the columns an intake needs."""
    csv.field_size_limit(max(csv.field_size_limit(), len(data) + 1))
    decoded = decode(data)
    lines = list(io.StringIO(decoded.text, newline=""))
    first = next((place for place, line in enumerate(lines) if line.strip()), 0)
    named = lines[first].strip("\r\n ")
    if named[:4].lower() == "sep=" and named[4:] in DELIMITERS:  # written by Excel for Excel
        delimiter, first = named[4], first + 1
    else:
        delimiter = _delimiter(lines[first:])
    records = _Records(lines[first:], delimiter)
    found = [Line(line.number + first, line.cells, line.problem) for line in records]
    found = [line for line in found if line.problem or any(cell.strip() for cell in line.cells)]
    if not found or found[0].problem:
        raise FileProblem("The first line is not a line of column names.")
    columns, notices = read_columns(found[0].cells)
    if len(found) == 1:
        raise FileProblem("There is no row below the column names.")
    if len(found) - 1 > MAX_ROWS:
        raise FileProblem(f"This file has more than {MAX_ROWS:,} rows. Split it and import the parts.")
    return Table(decoded.encoding, delimiter, tuple(columns), tuple(found[1:]), (*decoded.notices, *notices))
