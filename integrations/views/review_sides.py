"""A match side by side: the client or matter here above the records there, each value marked where it differs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from casehug.intake.models import Client, Matter
from integrations.contract.contacts import RemoteContact
from integrations.contract.identity import normalise_email, normalise_name
from integrations.contract.matters import RemoteMatter

SAME, DIFFERS = "same", "differs"
MOST_ID, TEN = 80, 10
"""Digits of a phone number that are compared: one side may carry the country's code."""


@dataclass(frozen=True)
class Cell:
    """One value; `mark` is `same` or `differs` from the value here, "" where the two cannot be compared."""

    label: str
    text: str
    mark: str = ""


@dataclass(frozen=True)
class Side:
    """One record there. `used`: it is the one linked now; `gone`: it was just looked for and is not there."""

    id: str
    cells: Sequence[Cell]
    used: bool
    gone: bool
    url: str


def of_client(client: Client) -> list[Cell]:
    """Return what the client here is compared by."""
    return [Cell("Name", client.full_name), Cell("E-mail", client.email), Cell("Phone", client.phone),
            Cell("Made on", _day(client.created_at))]  # fmt: skip


def of_matter(matter: Matter) -> list[Cell]:
    """Return what the matter here is compared by."""
    client, made = matter.client, _day(matter.created_at)
    return [Cell("Title", matter.title), Cell("Name", client.full_name if client else ""),
            Cell("E-mail", client.email if client else ""), Cell("Made on", made)]  # fmt: skip


def beside(here: Sequence[Cell], there: RemoteContact | RemoteMatter) -> list[Cell]:
    """Return the values of a record there in the order of the ones here, each marked."""
    made = _day(date.fromisoformat(there.created)) if there.created else ""
    if isinstance(there, RemoteContact):
        values = {"Name": there.name, "E-mail": there.email, "Phone": there.phone, "Made on": made}
    else:
        values = {"Title": there.title, "Name": there.person, "E-mail": there.email, "Made on": made}
    return [Cell(cell.label, values[cell.label], _mark(cell, values[cell.label])) for cell in here]


def sides(
    here: Sequence[Cell],
    *,
    used: str,
    others: Iterable[str],
    found: Iterable[RemoteContact | RemoteMatter],
    gone: Iterable[str],
    url: Callable[[str], str],
) -> list[Side]:
    """Return every record that comes into question, the one in use first; what was not read has empty values."""
    cells = {one.id: beside(here, one) for one in found}
    ids, missing = dict.fromkeys([used, *others, *cells]), set(gone)
    blank = [Cell(cell.label, "") for cell in here]
    return [Side(one, cells.get(one, blank), one == used, one in missing, url(one)) for one in ids if one]


def _day(moment: date) -> str:
    return f"{moment.day}\u00a0{moment:%b}\u00a0{moment.year}"


def _name(text: str) -> str:
    return normalise_name(text, "")


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())[-TEN:]


_FORMS: Mapping[str, Callable[[str], str]] = {
    "Title": _name, "Name": _name, "E-mail": normalise_email, "Phone": _digits,
}  # fmt: skip


def _mark(ours: Cell, text: str) -> str:
    form = _FORMS.get(ours.label)
    if form is None or not ours.text or not text:
        return ""
    return SAME if form(text) == form(ours.text) else DIFFERS
