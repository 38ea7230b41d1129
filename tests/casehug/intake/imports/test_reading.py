"""From bytes to rows: encodings, delimiters, quotes, and files that are no CSV."""

from datetime import date

import pytest

from casehug.intake.imports.columns import read_columns
from casehug.intake.imports.dates import month_comes_first, read_date
from casehug.intake.imports.decoding import FileProblem, decode, is_broken
from casehug.intake.imports.reading import read_table

HEAD = "First Name,Last Name,Case Type,Statement"
TODAY = date(2026, 11, 21)


def cells(data: bytes) -> list[tuple[str, ...]]:
    return [line.cells for line in read_table(data).lines]


@pytest.mark.parametrize(
    ("encoding", "mark", "named"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("utf-16-le", b"\xff\xfe", "utf-16"),
        ("utf-16-be", b"\xfe\xff", "utf-16"),
        ("utf-16-le", b"", "utf-16"),
        ("utf-32-le", b"\xff\xfe\x00\x00", "utf-32"),
    ],
)
def test_encodings_are_found_out(encoding: str, mark: bytes, named: str) -> None:
    table = read_table(mark + f"{HEAD}\nRenée,Ñandú,Other,ok\n".encode(encoding))
    assert (table.encoding, table.lines[0].cells[:2]) == (named, ("Renée", "Ñandú"))
    assert table.columns[0].header == "First Name"


def test_the_old_windows_encoding_is_used_with_a_visible_notice() -> None:
    table = read_table(f"{HEAD}\nRenée,Ñandú “x”,Other,ok\n".encode("cp1252"))
    assert table.lines[0].cells[:2] == ("Renée", "Ñandú “x”")
    assert table.encoding == "windows-1252"
    assert any("Windows-1252" in notice for notice in table.notices)


def test_a_few_bad_bytes_do_not_turn_the_whole_file_into_mojibake() -> None:
    good = "".join(f"Renée,{number},Other,ok\n" for number in range(5)).encode()
    table = read_table(f"{HEAD}\n".encode() + good + b"Ren\xe9e,x,Other,bad\n")
    assert table.lines[0].cells[0] == "Renée"
    assert [is_broken(line.cells[0]) for line in table.lines] == [False] * 5 + [True]


@pytest.mark.parametrize(
    "data",
    [b"", b"\xef\xbb\xbf \n", b"PK\x03\x04xxxx", b"\xd0\xcf\x11\xe0xxxx", b"%PDF-1.7", b"Salted__abc", b"\x1f\x8bxx",
     b"-----BEGIN PGP MESSAGE-----", bytes(range(1, 256)) * 20],
)  # fmt: skip
def test_files_that_are_no_text_are_named_as_such(data: bytes) -> None:
    with pytest.raises(FileProblem):
        decode(data)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found_out(delimiter: str) -> None:
    text = f'{HEAD}\nAda,Quill,Other,"a{delimiter}b"\n'.replace(",", delimiter)
    table = read_table(text.encode())
    assert table.delimiter == delimiter
    assert table.lines[0].cells == ("Ada", "Quill", "Other", f"a{delimiter}b")


def test_line_numbers_are_those_of_the_file() -> None:
    table = read_table(f'\r\nsep=;\r\n{HEAD}\r\nA,B,Other,"1\r\n2"\r\n\r\nC,D,Other,x\r\n'.replace(",", ";").encode())
    assert [(line.number, line.cells[0]) for line in table.lines] == [(4, "A"), (7, "C")]
    assert table.lines[0].cells[3] == "1\r\n2"


@pytest.mark.parametrize("named", [";", "\t", '"', "x"])
def test_a_named_delimiter_is_used_when_it_can_be_one(named: str) -> None:
    data = f"sep={named}\n{HEAD}\nA,B,Other,x\n".replace(",", named).encode()
    if named in ";\t":
        assert read_table(data).delimiter == named
    else:
        with pytest.raises(FileProblem):
            read_table(data)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(ending: str) -> None:
    assert len(cells(ending.join([HEAD, "A,B,Other,x", "C,D,Other,y"]).encode())) == 2


def test_a_stray_quotation_mark_costs_its_line_only() -> None:
    table = read_table(f'{HEAD}\nA,B,Other,x\nC,"D" e,Other,y\nF,"G,Other,z\nH,I,Other,w\n'.encode())
    assert [(line.number, bool(line.problem)) for line in table.lines] == [(2, False), (3, True), (4, True), (5, False)]


def test_very_long_fields_are_read() -> None:
    assert len(cells(f"{HEAD}\nA,B,Other,{'x' * 200_000}\n".encode())[0][3]) == 200_000


def test_headers_are_known_in_many_spellings_and_missing_ones_are_named() -> None:
    columns, notices = read_columns(
        ["FIRST_NAME", "Surname", "e-mail address", "Matter Type", "Shoe size", "Phone", "Mobile"]
    )
    assert [column.field for column in columns] == ["first_name", "last_name", "email", "case_type", "", "phone", ""]
    assert any("Shoe size" in notice for notice in notices)
    assert any("mean the same" in notice for notice in notices)
    with pytest.raises(FileProblem) as caught:
        read_columns(["Email", "Phone"])
    assert "name" in caught.value.message and "Case Type" in caught.value.message and "“Email”" in caught.value.message


@pytest.mark.parametrize("header", ["Notes", "Internal Notes", "Attorney Notes", "Description", "Comments"])
def test_columns_the_firm_may_have_written_are_never_a_submission(header: str) -> None:
    columns, _ = read_columns(["Name", "Case Type", header])
    assert columns[2].field == ""


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2025-06-28", "2025-06-28"),
        ("2025-06-28T10:00:00Z", "2025-06-28"),
        ("20250628", "2025-06-28"),
        ("01/17/24", "2024-01-17"),
        ("17.01.2024", "2024-01-17"),
        ("10 Sep 2026", "2026-09-10"),
        ("September 3rd, 2024", "2024-09-03"),
        ("3-Sept-24", "2024-09-03"),
        ("12/31/99", "1999-12-31"),
        ("05/05/2025", "2025-05-05"),
        ("46000", "2025-12-09"),
    ],
)
def test_dates_are_read_in_many_forms(text: str, iso: str) -> None:
    found = read_date(text, today=TODAY, month_first=None)
    assert found.value is not None
    assert found.value.isoformat() == iso


@pytest.mark.parametrize(
    "text", ["31/31/2025", "2025-02-30", "soon", "12345678901", "5", "Maybember 4, 2025", "0000-00-00"]
)
def test_what_is_no_date_is_not_made_one(text: str) -> None:
    assert read_date(text, today=TODAY, month_first=True).problem == "unreadable"


def test_a_date_of_two_readings_follows_its_column_or_stays_open() -> None:
    assert month_comes_first(["04/06/25", "01/17/24"]) is True
    assert month_comes_first(["04/06/25", "17/01/24"]) is False
    assert month_comes_first(["04/06/25"]) is month_comes_first(["17/01/24", "01/17/24"]) is None
    assert str(read_date("04/06/25", today=TODAY, month_first=True).value) == "2025-04-06"
    assert str(read_date("04/06/25", today=TODAY, month_first=False).value) == "2025-06-04"
    assert read_date("04/06/25", today=TODAY, month_first=None).problem == "ambiguous"
