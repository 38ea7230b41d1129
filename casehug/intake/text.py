"""Cleaning of text that people typed: what is invisible or unstorable goes, what they wrote stays."""

import unicodedata

# Marks that reorder the text around them: a name could show as another one.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _kept(letter: str, line_breaks: bool) -> bool:
    if line_breaks and letter in "\n\t":
        return True
    return unicodedata.category(letter) not in ("Cc", "Cs") and letter not in _BIDI


def single_line(text: str) -> str:
    """Return the text in NFC on one line: control and reordering marks removed, runs of space made one."""
    spaced = "".join(" " if letter in "\r\n\t\u2028\u2029" else letter for letter in text)
    kept = "".join(letter for letter in spaced if _kept(letter, line_breaks=False))
    return " ".join(unicodedata.normalize("NFC", kept).split())


def several_lines(text: str) -> str:
    """Return the text in NFC with its line breaks (as \\n); control and reordering marks removed."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept = "".join(letter for letter in unified if _kept(letter, line_breaks=True))
    return unicodedata.normalize("NFC", kept).strip()


def has_hidden_marks(text: str) -> bool:
    """Tell whether cleaning removes a control or reordering mark (line breaks and tabs do not count)."""
    return any(not _kept(letter, line_breaks=True) and letter != "\r" for letter in text)


def looks_like_formula(text: str) -> bool:
    """Tell whether a spreadsheet would run this text as a formula. It stays text here; exports must escape it."""
    return text.lstrip(" ").startswith(_FORMULA)


def spreadsheet_safe(text: str) -> str:
    """Return the text so that a spreadsheet shows it instead of running it (for every export)."""
    return f"'{text}" if looks_like_formula(text) else text


def fold(text: str) -> str:
    """Return the form used for search and comparison: no case, no accents, no double spaces."""
    plain = unicodedata.normalize("NFKD", single_line(text).casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())
