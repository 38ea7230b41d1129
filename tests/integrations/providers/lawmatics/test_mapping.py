"""Answers → values of custom fields, and how to tell that a value stands there."""

from typing import Any

import pytest

from integrations.contract.provider import CatalogueEntry
from integrations.providers.lawmatics.fields import custom_fits, custom_value, same_value


def field(kind: str, options: tuple[str, ...] = ()) -> CatalogueEntry:
    return CatalogueEntry("custom_field", "71", "Our field", "", {"field_type": kind, "options": list(options)})


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        ("string", " text ", "text"),
        ("string", ["a", "b"], "a, b"),
        ("text", "two\nlines", "two\nlines"),
        ("boolean", "Yes", True),
        ("boolean", True, True),
        ("boolean", "no", False),
        ("integer", "1,200", 1200),
        ("integer", 3, 3),
        ("currency", "$1,234.50", 123450),
        ("currency", "7", 700),
        ("date", "1991-06-28", "06/28/1991"),
        ("date", "06/28/1991", "06/28/1991"),
        ("datetime", "2023-12-31T00:00:00+00:00", "2023-12-31T00:00:00+00:00"),
        ("datetime", "2023-12-31", "2023-12-31T12:00:00+00:00"),  # the same day from Hawaii to New York
        ("time", "09:30", "09:30"),
        ("list", "north  EAST", "North East"),
        ("multi_picklist", ["South"], ("South",)),
        ("multi_picklist", "south", ("South",)),
        ("multi_picklist", "South, north east ,South", ("South", "North East")),
        ("multi_picklist", "North East\nSouth", ("North East", "South")),
        ("multi_picklist", "Yes, both; South", ("Yes, both", "South")),
        ("integer", "2.0", 2),
        ("", "anything", "anything"),
    ],
)
def test_an_answer_takes_the_form_of_the_field(kind: str, answer: Any, value: Any) -> None:
    found = custom_value(field(kind, ("North East", "South", "Yes, both")), answer)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("boolean", "maybe"),
        ("integer", "three"),
        ("integer", "1.5"),
        ("currency", "much"),
        ("currency", "NaN"),
        ("currency", "Infinity"),
        ("date", "28.06.1991"),
        ("date", "02/30/2020"),
        ("datetime", "tomorrow"),
        ("list", "West"),
        ("multi_picklist", ["North East", "West"]),
        ("multi_picklist", "North East; West"),
        ("currency", "1e999999"),
        ("integer", "9" * 40),
        ("lookup", "Robin"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason_that_keeps_the_answer_secret(kind: str, answer: Any) -> None:
    with pytest.raises(ValueError, match="Our field") as caught:
        custom_value(field(kind, ("North East", "South")), answer)
    for word in [answer] if isinstance(answer, str) else answer:
        assert word not in str(caught.value)


@pytest.mark.parametrize(
    ("sent", "value", "formatted"),
    [
        (("North East", "South"), ["7", "8"], "North East, South"),
        (["South", "North East"], ["7", "8"], "North East, South"),
        ("text", "text", "text"),
        (True, True, "Yes"),
        (1200, 1200, "1200"),
        ("North", "3240", "North"),
        ("06/28/1991", "1991-06-28", "June 28, 1991"),
        ("2023-12-31T12:00:00+00:00", "2023-12-31T04:00:00.000-08:00", "December 31, 2023 at 4:00am PST"),
        ("2023-12-31T00:00:00+00:00", "2023-12-30T16:00:00.000-08:00", "December 30, 2023 at 4:00pm PST"),
    ],
)
def test_a_value_is_recognised_in_the_form_it_reads_back(sent: Any, value: Any, formatted: str) -> None:
    assert same_value(sent, {"value": value, "formatted_value": formatted})
    assert not same_value(sent, {"value": "other", "formatted_value": "other"})
    assert not same_value(sent, {})


@pytest.mark.parametrize(
    ("kind", "asked", "fits"),
    [
        ("string", "longtext", True), ("text", "date", True), ("date", "date", True), ("date", "text", False),
        ("currency", "number", True), ("currency", "text", False), ("boolean", "yesno", True), ("list", "choice", True),
        ("list", "date", False), ("multi_picklist", "longtext", True), ("datetime", "date", True),
        ("lookup", "text", False), ("lookup", "choice", False), ("", "phone", True),
    ],
)  # fmt: skip
def test_only_questions_that_ask_for_it_fit_a_field(kind: str, asked: str, fits: bool) -> None:
    assert (custom_fits(field(kind), asked) == "") is fits
