"""Provider texts are kept only after every value that we had sent is masked in them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from integrations.contract.records import Leaf
from integrations.contract.referrals import OutgoingRecord

MASK = "‹…›"
LONGEST = 500
SHORT = 80
COMMON = frozenset({"and", "the", "for", "with", "from"})


def sent_values(node: Any) -> set[str]:
    """Return every clear value inside records, bodies or plain containers."""
    if isinstance(node, Leaf):
        return sent_values(node.value)
    if isinstance(node, str):
        return {node.strip()} if node.strip() else set()
    if isinstance(node, (bool, type(None))):
        return set()
    if isinstance(node, (int, float)):
        return {str(node)}
    if isinstance(node, OutgoingRecord):  # its plain texts are our own words for the mode or the action
        kept = (getattr(node, one.name) for one in fields(node))
        return set().union(*(sent_values(value) for value in kept if not isinstance(value, str)))
    if is_dataclass(node) and not isinstance(node, type):
        return set().union(*(sent_values(getattr(node, one.name)) for one in fields(node)))
    if isinstance(node, Mapping):
        return set().union(*(sent_values(value) for value in node.values()))
    if isinstance(node, Sequence):
        return set().union(*(sent_values(value) for value in node))
    return set()


def _parts(value: str) -> set[str]:
    """Return what of one value to look for: the whole, each line, and the words of a short value (a name, a title)."""
    found = {value, *(line.strip() for line in value.splitlines())}
    if len(value) <= SHORT:
        found |= {word for word in value.split() if len(word) > 2 and word.lower() not in COMMON}
    return {part for part in found if len(part) > 1}


def parts_of(values: Iterable[str]) -> tuple[str, ...]:
    """Return what of our values `mask` looks for, the longest first; several texts of one run share it."""
    return tuple(sorted(set().union(*(_parts(value) for value in values)), key=len, reverse=True))


def mask(text: str, parts: Iterable[str]) -> str:
    """Return a provider's text on one line with our values masked, at most 500 characters. `parts`: `parts_of` them."""
    text = " ".join(text.split())
    plain = text.lower() if text.isascii() else ""
    for part in parts if text else ():
        words = " ".join(part.split())
        if plain and words.isascii() and words.lower() not in plain:
            continue  # most values never stand there, and a pattern costs more than this look
        pattern = re.escape(words)
        text = re.sub(pattern if len(part) > 3 else rf"(?<!\w){pattern}(?!\w)", MASK, text, flags=re.IGNORECASE)
    return text[:LONGEST]
