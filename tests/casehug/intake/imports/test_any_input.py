"""Whatever is in a file, the import answers: a row is understood or explained, nothing else is ever raised."""

import uuid
from collections.abc import Sequence
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casehug.intake.imports.columns import read_columns
from casehug.intake.imports.dates import read_date
from casehug.intake.imports.decoding import FileProblem
from casehug.intake.imports.reading import read_table
from casehug.intake.imports.rows import Context, content_hash, understand
from casehug.intake.services.case_types import CaseTypeFinder

HEADERS = [
    "First Name",
    "Last Name",
    "Email",
    "Phone",
    "Case Type",
    "State",
    "Incident Date",
    "Statement",
    "Source Ref",
]
TODAY = date(2026, 11, 21)
ANY_TEXT = st.text(max_size=40) | st.sampled_from(
    ["=1+1", "a@b", "\u202e", "\x00", "\udc80", "n/a", "1/2/3", "x" * 300]
)


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_named_problem(data: bytes) -> None:
    head = "First Name,Last Name,Case Type\n"
    for content in (data, head.encode() + data, head.encode("utf-16") + data, head.encode("utf-32") + data):
        try:
            table = read_table(content)
        except FileProblem as problem:
            assert problem.message.endswith(".")
        else:
            assert table.lines and all(line.number > 1 for line in table.lines)


@given(ANY_TEXT)
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = read_date(text, today=TODAY, month_first=None)
    assert (found.value is None) == bool(found.problem)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(ANY_TEXT, min_size=0, max_size=11))
def test_any_row_is_understood_or_explained(scope: uuid.UUID, cells: Sequence[str]) -> None:
    columns, _ = read_columns(HEADERS)
    row = understand(cells, Context(columns, CaseTypeFinder(), {}, TODAY))
    content_hash({str(place): cell for place, cell in enumerate(cells)})
    if row.refused:
        assert any(message["level"] == "error" and message["text"] for message in row.messages)
        return
    assert len(cells) >= len(HEADERS)
    stored = repr(row.stored())
    assert "\\x00" not in stored and "\\udc80" not in stored
    assert row.values["case_type"] and (row.values["first_name"] or row.values["last_name"])
