"""Transforms and conversions as properties: same in, same out; nothing invented; refusals never repeat the answer."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.contract.provider import CatalogueEntry
from integrations.mappings.transforms import ALL, BY_KEY, kind_after, transform, why_not
from integrations.providers.lawmatics.fields import KINDS, custom_value, same_value

TEXT = st.text(max_size=80)
CASES = ("trim", "upper", "lower", "title")
FIELD_TYPES = (*KINDS, "string", "text")


@pytest.mark.parametrize("key", CASES)
@settings(max_examples=150, deadline=None)
@given(text=TEXT)
def test_a_case_or_trim_done_twice_is_done_once_and_no_letter_is_lost(key: str, text: str) -> None:
    once = transform(key, text)
    assert transform(key, once) == once
    if text.isascii():
        assert "".join(once.split()).casefold() == "".join(text.split()).casefold()


@settings(max_examples=150, deadline=None)
@given(text=TEXT)
def test_every_transform_answers_or_refuses_in_words_without_the_answer(text: str) -> None:
    for one in ALL:
        try:
            result = transform(one.key, text)
        except ValueError as reason:
            assert str(reason) and (len(text.strip()) < 4 or text.strip() not in str(reason))
        else:
            assert isinstance(result, str) and (bool(text) or result == "")


@given(day=st.dates(min_value=date(1000, 1, 1)))
def test_dates_keep_their_day_in_every_form(day: date) -> None:
    assert transform("date_iso", day.isoformat()) == day.isoformat()
    month, of_month, year = transform("date_us", day.isoformat()).split("/")
    assert date(int(year), int(month), int(of_month)) == day
    assert str(day.year) in transform("date_long", day.isoformat())


@pytest.mark.parametrize(
    ("key", "text", "wanted"),
    [
        ("title", "anne-marie o'neil d’ARCY it's", "Anne-Marie O'Neil D’Arcy It's"),
        ("title", "KING COUNTY", "King County"),
        ("trim", "  a   b \n\n c  ", "a b\n\nc"),
        ("e164", "(202) 555-0143", "+12025550143"),
        ("e164", "+44 20 7946 0018", "+442079460018"),
        ("", " as given ", " as given "),
        ("date_long", "2025-06-08", "June 8, 2025"),
    ],
)
def test_examples(key: str, text: str, wanted: str) -> None:
    assert transform(key, text) == wanted


def test_unknown_transforms_and_bad_numbers_are_refused() -> None:
    for key, text in (("rot13", "x"), ("e164", "12"), ("date_us", "05/03/2019"), ("date_iso", "2019-02-30")):
        with pytest.raises(ValueError, match="."):
            transform(key, text)
    assert why_not("rot13", "text") and why_not("e164", "date") and not why_not("", "date")
    assert kind_after("date_us", "date") == "text" and kind_after("upper", "choice") == "choice"
    assert set(BY_KEY) == {one.key for one in ALL}


@settings(max_examples=250, deadline=None)
@given(text=TEXT, kind=st.sampled_from(FIELD_TYPES), options=st.lists(st.text(min_size=1, max_size=12), max_size=4))
def test_a_field_takes_its_own_form_or_refuses_without_the_answer(text: str, kind: str, options: list[str]) -> None:
    entry = CatalogueEntry("custom_field", "1", "F", "", {"field_type": kind, "options": options})
    try:
        value = custom_value(entry, text)
    except ValueError as reason:
        assert len(text.strip()) < 6 or text.strip() not in str(reason)
        return
    allowed: dict[str, type] = {"boolean": bool, "integer": int, "currency": int, "multi_picklist": tuple}
    assert type(value) is allowed.get(kind, str)
    if kind == "multi_picklist":
        assert isinstance(value, tuple) and set(value) <= set(options) and len(set(value)) == len(value)
    if kind == "list":
        assert value in options


@given(chosen=st.lists(st.sampled_from(("North", "South", "West")), min_size=1, unique=True))
def test_several_options_are_recognised_in_any_order(chosen: list[str]) -> None:
    shown = {"value": ["1"], "formatted_value": ", ".join(sorted(chosen))}
    assert same_value(tuple(chosen), shown)
    assert not same_value((*chosen, "East"), shown)
