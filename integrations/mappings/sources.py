"""What may be mapped and what never: the questions the firm's portal and import ask, and the list of what stays here.

This list is an allow-list: a key that no question or import column of the firm has is not a source (CH-46, CH-47).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casehug.firms.page_reads import once_a_page
from casehug.intake.models import CaseType

IMPORTED = {
    "first_name": ("First name", "text"), "last_name": ("Last name", "text"), "email": ("E-mail", "email"),
    "phone": ("Phone", "phone"), "date_of_birth": ("Date of birth", "date"),
    "preferred_contact": ("Preferred way of contact", "text"), "county": ("County", "text"),
    "incident_date": ("Date of the incident", "date"), "opposing_party": ("Opposing party", "text"),
    "statement": ("Statement", "longtext"),
}  # fmt: skip
"""What an imported intake answers (`casehug.intake.imports`); a question of the portal with the same key goes first."""

LOCKED = (
    ("Internal notes on clients and matters", "Attorney work product."),
    ("Description of a matter", "Written by the firm for the firm."),
    ("Remarks on documents and their review", "Attorney work product."),
    ("Documents and files", "The note in {name} carries a link instead; it asks for a sign-in of the firm."),
    ("Messages to and from the client", "Privileged communication."),
    ("Answers typed in by staff", "Only what the client submitted leaves the firm."),
    ("Birth date, address and custom fields kept on the client or matter",
     "Kept by the firm. The client's own answer to the same question can be mapped."),
    ("References to other systems, assigned attorney, tags", "The firm's own organisation."),
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One question whose answer can be mapped. `kinds`: it may be asked differently in several case types."""

    key: str
    label: str
    kinds: tuple[str, ...]
    options: tuple[str, ...]
    case_types: tuple[str, ...]

    @property
    def where(self) -> str:
        """The case types that ask it, in words."""
        if len(self.case_types) > 2:
            return f"{len(self.case_types)} case types"
        return " and ".join(self.case_types) or "imported intakes"


@once_a_page
def case_types() -> Sequence[CaseType]:
    """Return the firm's case types in its order, also those that are not used any more. In the firm scope."""
    return tuple(CaseType.objects.order_by("position", "name"))


@once_a_page
def sources() -> Mapping[str, Source]:
    """Return every mappable question of the firm by key, in the order of the portal. In the firm scope."""
    found: dict[str, Source] = {}
    for case_type in (one for one in case_types() if one.active):
        for entry in case_type.questions:
            found[entry["key"]] = _with(found.get(entry["key"]), entry, case_type.name)
    for key, (label, kind) in IMPORTED.items():
        found.setdefault(key, Source(key, label, (kind,), (), ()))
    return found


def _with(known: Source | None, entry: Mapping[str, object], case_type: str) -> Source:
    options = tuple(str(one) for one in _list(entry.get("options")))
    kind = str(entry.get("kind") or "text")
    if known is None:
        return Source(str(entry["key"]), str(entry.get("label") or entry["key"]), (kind,), options, (case_type,))
    return Source(
        known.key,
        known.label,
        tuple(dict.fromkeys((*known.kinds, kind))),
        tuple(dict.fromkeys((*known.options, *options))),
        tuple(dict.fromkeys((*known.case_types, case_type))),
    )


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []
