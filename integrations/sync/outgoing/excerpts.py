"""What is kept of a call for the inspector: names, sources, kinds and digests. No value that was sent or received.

Only ids and record kinds of an answer, and the provider's own words about an error (masked), are kept as they are.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from casehug.common.encryption import blind_index
from integrations.contract.records import SealedBody
from integrations.sync.outgoing.masking import MASK, mask

MOST_FIELDS, MOST_KEYS, MOST_ENTRIES, DEEPEST = 200, 60, 3, 6
LONGEST_SHAPE = 6000
DIGEST = 8
_PLAIN_KEYS = frozenset({"id", "type"})
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}")
_SEGMENT = re.compile(r"v\d{1,2}(\.\d+)*|[a-z][a-z_-]{0,39}|\d{1,9}|[0-9a-f-]{32,36}")


def safe_path(path: str, values: set[str], parts: Iterable[str]) -> str:
    """Return a path in which only words and ids stand; an e-mail, a phone or a name in it is masked.

    `parts`: `masking.parts_of` the values.
    """
    return "/".join(_segment(part, values, parts) for part in path.partition("?")[0].split("/"))[:200]


def _segment(part: str, values: set[str], parts: Iterable[str]) -> str:
    plain = unquote(part)
    kept = not part or (_SEGMENT.fullmatch(plain) and plain not in values and mask(plain, parts) == plain)
    return part if kept else MASK


def request_fields(body: SealedBody) -> list[list[str]]:
    """Return path, source, kind and digest of each field of a body. Inside the firm scope (the digest is the firm's).

    Equal digests mean equal values, so two tries can be compared without either value.
    """
    return [
        [path, source, kind_words(value), blind_index(f"excerpt:{value}").hex()[:DIGEST]]
        for path, source, value in _leaves(body)
    ][:MOST_FIELDS]


def _leaves(body: SealedBody) -> list[tuple[str, str, Any]]:
    values = _flat("", body.payload)
    return [(path, source, values.get(path)) for path, source, _ in body.origins]


def _flat(path: str, node: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(node, Mapping):
        for key, value in node.items():
            found |= _flat(f"{path}.{key}" if path else str(key), value)
    elif isinstance(node, (list, tuple)):
        for index, value in enumerate(node):
            found |= _flat(f"{path}[{index}]", value)
    else:
        found[path] = node
    return found


def kind_words(value: Any) -> str:
    """Return what a value is, without the value."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, (int, float)):
        return "number"
    return f"text, {len(value)} characters" if isinstance(value, str) and value else "empty text"


def answer_shape(body: Any) -> str:
    """Return an answer's names and ids as JSON; every other value is told by its kind."""
    text = json.dumps(_shape(body, "", 0), ensure_ascii=False, indent=1)
    return text if len(text) <= LONGEST_SHAPE else text[:LONGEST_SHAPE] + "\n… cut off here"


def _shape(node: Any, key: str, depth: int) -> Any:
    if isinstance(node, Mapping):
        if depth >= DEEPEST:
            return f"‹{len(node)} fields›"
        shown = {_name(name): _shape(value, str(name), depth + 1) for name, value in list(node.items())[:MOST_KEYS]}
        return shown | ({"…": f"{len(node) - MOST_KEYS} more"} if len(node) > MOST_KEYS else {})
    if isinstance(node, Sequence) and not isinstance(node, (str, bytes)):
        if depth >= DEEPEST:
            return f"‹{len(node)} entries›"
        more = [f"… {len(node) - MOST_ENTRIES} more"] if len(node) > MOST_ENTRIES else []
        return [_shape(value, "", depth + 1) for value in node[:MOST_ENTRIES]] + more
    if key in _PLAIN_KEYS and isinstance(node, (str, int)) and _ID.fullmatch(str(node)):
        return node
    return None if node is None else f"‹{kind_words(node)}›"


def _name(name: Any) -> str:
    return str(name) if _KEY.fullmatch(str(name)) else MASK
