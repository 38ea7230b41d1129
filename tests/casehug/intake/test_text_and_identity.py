"""Names, e-mail addresses and phone numbers as people write them."""

import pytest

from casehug.intake.identity import email_key, read_email, read_phone
from casehug.intake.text import fold, has_hidden_marks, looks_like_formula, several_lines, single_line, spreadsheet_safe


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ana   María ", "Ana María"),
        ("Zoe\u0308", "Zoë"),
        ("A\x00B\x07C", "ABC"),
        ("\u202egnirts\u202c", "gnirts"),
        ("one\ttwo\r\nthree", "one two three"),
        ("👩\u200d⚖️", "👩\u200d⚖️"),
        ("Ṣ̌", "Ṣ̌"),
        ("क्षि", "क्षि"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
    ],
)
def test_single_line_removes_only_what_is_invisible_or_unstorable(given: str, kept: str) -> None:
    assert single_line(given) == kept


def test_several_lines_keeps_line_breaks_and_nothing_hidden() -> None:
    assert several_lines(" a\r\nb\rc\u202ed\x00 ") == "a\nb\ncd"
    assert has_hidden_marks("a\u202eb") and not has_hidden_marks("a\r\nb\tc")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2", "@SUM(A1)", "  =x"])
def test_formulas_are_told_and_made_safe_for_a_spreadsheet(text: str) -> None:
    assert looks_like_formula(text)
    assert spreadsheet_safe(text) == "'" + text
    assert spreadsheet_safe("O'Brien") == "O'Brien"


def test_fold_ignores_case_and_accents() -> None:
    assert fold("RENÉE  Strauß") == "renee strauss"
    assert fold("Виктория") == "виктория"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("ａｄａ@example.com", "ada@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_ways_to_write_one_mailbox_share_a_key(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


def test_tags_and_dots_stay_different_mailboxes() -> None:
    assert len({email_key(text) for text in ("ada@example.com", "ada+1@example.com", "a.da@example.com")}) == 3


@pytest.mark.parametrize(
    "text", ["a@b", "x@example..com", "two@@example.com", "not-an-email", "a b@example.com", "@example.com"]
)
def test_unusable_addresses_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="complete e-mail"):
        read_email(text)


def test_two_addresses_are_named_as_such() -> None:
    with pytest.raises(ValueError, match="more than one"):
        read_email("ada@example.com;ben@example.com")


def test_international_addresses_are_kept() -> None:
    assert read_email(" ünal@bücher.example ").text == "ünal@bücher.example"


@pytest.mark.parametrize(
    ("given", "number", "extension"),
    [
        ("(281) 948-2199", "+12819482199", ""),
        ("848.372.6167", "+18483726167", ""),
        ("0049 30 18159083", "+493018159083", ""),
        ("+52 55 9575 5131", "+525595755131", ""),
        ("1-206-555-1234 x3483", "+12065551234", "3483"),
    ],
)
def test_phones_become_e164(given: str, number: str, extension: str) -> None:
    found = read_phone(given)
    assert (found.number, found.extension, found.valid) == (number, extension, True)


@pytest.mark.parametrize("given", ["+11547280385", "call my sister", "555-1234"])
def test_numbers_that_cannot_be_verified_are_kept_as_given(given: str) -> None:
    found = read_phone(given)
    assert (found.number, found.valid) == (given, False)
