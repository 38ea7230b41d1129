"""What a given file really is: told by its content, never by its name or by what the browser says."""

import zipfile
from pathlib import Path

from casehug.intake.data.document_kinds import CSV, DOCX, HEIC, JPEG, PDF, PNG, TEXT, XLSX
from casehug.intake.text import single_line

ACCEPTABLE: dict[str, str] = {
    PDF: "PDF", JPEG: "JPEG photo", PNG: "PNG picture", HEIC: "HEIC photo", DOCX: "Word document (docx)",
    XLSX: "Excel workbook (xlsx)", TEXT: "text file", CSV: "CSV table",
}  # fmt: skip
EXTENSIONS: dict[str, str] = {
    PDF: ".pdf", JPEG: ".jpg", PNG: ".png", HEIC: ".heic", DOCX: ".docx", XLSX: ".xlsx", TEXT: ".txt", CSV: ".csv",
}  # fmt: skip

# What browsers and phones also call these kinds; an empty or general type says nothing.
_OTHER_NAMES = {
    "image/jpg": JPEG, "image/pjpeg": JPEG, "image/heif": HEIC, "image/heic-sequence": HEIC,
    "image/heif-sequence": HEIC, "application/csv": CSV,
    "application/x-pdf": PDF, "image/x-png": PNG, "text/comma-separated-values": CSV,
}  # fmt: skip
_SAYS_NOTHING = {"", "application/octet-stream", "binary/octet-stream", "application/x-download"}
_TEXTUAL = {TEXT, CSV, "application/vnd.ms-excel"}  # some systems call a CSV file that
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_HEAD = 64 * 1024


def _office_kind(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None


def _is_text(path: Path) -> bool:
    """Tell whether a file is text in UTF-8 or Windows-1252, without control characters and without markup."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        rest_has_nul = b"\x00" in head or any(b"\x00" in chunk for chunk in iter(lambda: stream.read(1 << 20), b""))
    if rest_has_nul or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"#!", b"MZ")):
        return False
    controls = sum(byte < 32 and byte not in (9, 10, 12, 13) for byte in head)
    return controls == 0


def detect_kind(path: Path, filename: str) -> str | None:
    """Return the MIME type of a stored file, or None when it is none of the kinds we take."""
    with path.open("rb") as stream:
        head = stream.read(1024)
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[4:8] == b"ftyp":
        brands = {head[8:12], *(head[place : place + 4] for place in range(16, min(len(head), 64), 4))}
        return HEIC if brands & _HEIC_BRANDS else None
    if head.startswith(b"PK\x03\x04"):
        return _office_kind(path)
    if head and _is_text(path):
        return CSV if filename.lower().endswith(".csv") else TEXT
    return None


def declared_fits(declared: str, found: str) -> bool:
    """Tell whether the type the sender named agrees with the content."""
    named = declared.split(";")[0].strip().lower()
    named = _OTHER_NAMES.get(named, named)
    if named in _SAYS_NOTHING or named == found:
        return True
    return found in (TEXT, CSV) and named in _TEXTUAL


def kinds_in_words(kinds: list[str]) -> str:
    """Return accepted kinds for a sentence: “PDF, JPEG photo or PNG picture”."""
    names = [ACCEPTABLE[kind] for kind in kinds if kind in ACCEPTABLE]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}" if names else "no file"


def safe_filename(name: str, kind: str) -> str:
    """Return a name that can be shown and downloaded: no folders, no control marks, the extension of the content."""
    last = single_line(name.replace("\\", "/").rsplit("/", 1)[-1])
    kept = "".join("_" if letter in '<>:"|?*;%' else letter for letter in last).strip(". ")
    stem, dot, extension = kept.rpartition(".")
    known = EXTENSIONS[kind]
    same = {known, ".jpeg"} if kind == JPEG else {known, ".heif"} if kind == HEIC else {known}
    if not (dot and f".{extension.lower()}" in same):
        stem, extension = kept, known[1:]
    return f"{stem[:200] or 'document'}.{extension}"
