"""Options of list fields over time: renamed ones are followed by id, deleted ones are remembered by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ALIASES, GONE = "option_aliases", "options_gone"


@dataclass(frozen=True)
class OptionChange:
    """One option that was renamed (`after` set) or deleted (`after` empty)."""

    id: str
    before: str
    after: str = ""


def fold(words: str) -> str:
    """Return an option's name as it is compared."""
    return " ".join(words.split()).casefold()


def carry(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[dict[str, Any], list[OptionChange]]:
    """Return a field's new `extra` with what is known about earlier options, and what changed since `before`.

    `extra["option_ids"]` is id → name; a provider without ids has only `options` (names), where a rename cannot be
    told from deleting one and adding another.
    """
    old, new = _by_id(before), _by_id(now)
    there = {fold(name) for name in new.values()}
    changes = [
        OptionChange(key, name, new.get(key, ""))
        for key, name in old.items()
        if fold(new.get(key, "")) != fold(name) and (key in new or fold(name) not in there)
    ]
    renamed = {fold(one.before): one.after for one in changes if one.after}
    aliases = {old_name: renamed.get(fold(str(name)), str(name)) for old_name, name in before.get(ALIASES, {}).items()}
    aliases |= renamed
    lost = [*before.get(GONE, ()), *(one.before for one in changes if not one.after)]
    extra = dict(now)
    if kept := {name: target for name, target in aliases.items() if name not in there and fold(str(target)) in there}:
        extra[ALIASES] = kept
    if gone := sorted({name for name in lost if fold(name) not in there}):
        extra[GONE] = gone
    return extra, changes


def _by_id(extra: Mapping[str, Any]) -> dict[str, str]:
    ids = extra.get("option_ids")
    if isinstance(ids, Mapping):
        return {str(key): str(name) for key, name in ids.items()}
    return {fold(str(name)): str(name) for name in extra.get("options", ())}


def follow(extra: Mapping[str, Any], answer: str) -> str:
    """Return an answer with each chosen option under the name it has now."""
    aliases = extra.get(ALIASES)
    if not aliases:
        return answer
    whole = aliases.get(fold(answer))
    return str(whole) if whole else ", ".join(str(aliases.get(fold(part), part.strip())) for part in answer.split(","))


def lost_option(extra: Mapping[str, Any], answer: str) -> str:
    """Return the deleted option that an answer chose, "" for none."""
    chosen = {fold(answer), *(fold(part) for part in answer.split(","))}
    return next((str(name) for name in extra.get(GONE, ()) if fold(str(name)) in chosen), "")
