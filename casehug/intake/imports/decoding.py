"""From bytes to text, honestly: the encoding is found out, and what does not fit it stays visible."""

import re
from dataclasses import dataclass

from casehug.intake.errors import IntakeError

MAX_BYTES = 20 * 1024 * 1024

_NOT_TEXT = (
    (b"PK\x03\x04", "This is an Excel workbook or another packed file. Save it as CSV and try again."),
    (
        b"\xd0\xcf\x11\xe0",
        "This is an old Excel file or one with a password. Save it as CSV without one and try again.",
    ),
    (b"%PDF", "This is a PDF. Export the list as CSV and try again."),
    (b"\x1f\x8b", "This file is packed (gzip). Unpack it and try again."),
    (b"7z\xbc\xaf", "This file is packed (7-Zip). Unpack it and try again."),
    (b"Salted__", "This file is encrypted. Decrypt it and try again."),
    (b"-----BEGIN PGP", "This file is encrypted. Decrypt it and try again."),
    (b"age-encryption", "This file is encrypted. Decrypt it and try again."),
    (b"{\\rtf", "This is a text document. Export the list as CSV and try again."),
)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


class FileProblem(IntakeError):
    """The file as a whole cannot be read."""

    def __init__(self, message: str) -> None:
        super().__init__("file_unreadable", message)


@dataclass(frozen=True)
class Decoded:
    """Text of a file; bytes that do not fit the encoding are lone surrogates in it."""

    text: str
    encoding: str
    notices: tuple[str, ...] = ()


def is_broken(text: str) -> bool:
    """Tell whether a piece of decoded text holds bytes that did not fit, or a NUL."""
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def _wide(data: bytes, encoding: str) -> Decoded:
    """Decode UTF-16 or UTF-32; halves of letters stay lone surrogates, a cut-off end breaks the last row."""
    name, _, _ = encoding.rpartition("-")
    odd = len(data) % (4 if name == "utf-32" else 2)
    try:
        text = data[: len(data) - odd].decode(encoding, "surrogatepass")
    except UnicodeDecodeError as error:
        raise FileProblem(f"This is not a text file, or it is damaged ({name.upper()} was expected).") from error
    return Decoded(text + ("\udc80" if odd else ""), name)


def _without_mark(data: bytes) -> Decoded | None:
    nuls_even, nuls_odd = data[:4000:2].count(0), data[1:4000:2].count(0)
    half = max(1, len(data[:4000]) // 2)
    if nuls_odd > half * 0.4 > nuls_even:
        return _wide(data, "utf-16-le")
    if nuls_even > half * 0.4 > nuls_odd:
        return _wide(data, "utf-16-be")
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return None


def _mostly_utf8(data: bytes) -> bool:
    """Tell whether more lines with special letters are right in UTF-8 than wrong."""
    right = wrong = 0
    for line in data.split(b"\n"):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            right += 1
        except UnicodeDecodeError:
            wrong += 1
    return right > wrong


def _utf8(data: bytes) -> Decoded:
    text = data.decode("utf-8", "surrogateescape")
    notice = "Some bytes do not fit the file's encoding (UTF-8). The rows that hold them are explained below."
    return Decoded(text, "utf-8", (notice,) if is_broken(text) else ())


def _decode(data: bytes) -> Decoded:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            body = data[len(mark) :]
            return _utf8(body) if encoding == "utf-8" else _wide(body, encoding)
    found = _without_mark(data)
    if found is not None:
        return found
    if _mostly_utf8(data):
        return _utf8(data)
    notice = "The file is not in UTF-8; it was read as Windows-1252. Please check names with special letters."
    return Decoded(data.decode("cp1252", "surrogateescape"), "windows-1252", (notice,))


def decode(data: bytes) -> Decoded:
    """Return the text of a CSV file. Raises FileProblem for an empty, too large, packed, encrypted or binary file."""
    if not data.strip(b"\xef\xbb\xbf \r\n\t"):
        raise FileProblem("This file is empty.")
    if len(data) > MAX_BYTES:
        raise FileProblem(f"This file is larger than {MAX_BYTES // 2**20} MB. Split it and import the parts.")
    for start, message in _NOT_TEXT:
        if data.startswith(start):
            raise FileProblem(message)
    decoded = _decode(data)
    if not decoded.text.strip():
        raise FileProblem("This file is empty.")
    sample = decoded.text[:20_000]
    if len(_CONTROL.findall(sample)) > len(sample) * 0.05:
        raise FileProblem("This is not a text file, or it is encrypted. Save the list as CSV and try again.")
    return decoded
