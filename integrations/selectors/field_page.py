"""The lines of the Field Mappings page: what is stored, with what was changed on the page and not saved yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from integrations.contract.provider import CatalogueEntry
from integrations.mappings.fields import Choice, FieldLine, field_lines, fields_of, unfit
from integrations.mappings.sources import Source, sources
from integrations.mappings.transforms import ALL, kind_after, why_not
from integrations.models import Connection
from integrations.registry import provider

STANDARD = {
    "contact": ("First name", "Last name", "E-mail", "Phone"),
    "matter": ("Case title", "Practice area", "Stage"),
}
TYPES = {
    "string": "text", "text": "long text", "integer": "whole number", "boolean": "yes or no", "currency": "amount",
    "date": "date", "time": "time of day", "datetime": "date and time", "list": "one of a list",
    "multi_picklist": "several of a list", "lookup": "link to a record",
}  # fmt: skip


def type_words(field_type: str) -> str:
    """Return the type of a field there as people say it."""
    return TYPES.get(field_type, field_type.replace("_", " "))


@dataclass(frozen=True)
class FreeField:
    """A field that nothing fills yet, as it is offered; `why_not` says why it cannot be chosen."""

    id: str
    label: str
    why_not: str


@dataclass(frozen=True)
class PageLine:
    """One field on the page: what is chosen now, what the page was drawn with, and what may be chosen."""

    owner: str
    field_id: str
    entry: CatalogueEntry | None
    name: str
    state: str
    now: Choice
    was: Choice
    questions: Sequence[Source]
    transforms: Sequence[tuple[str, str]]
    problem: str = ""

    @property
    def type_words(self) -> str:
        """The field's type as people say it, with the options of a list."""
        extra = self.entry.extra if self.entry else {}
        words = type_words(str(extra.get("field_type", "")))
        options = [str(one) for one in extra.get("options", ())]
        shown = ", ".join(options[:6]) + (f" and {len(options) - 6} more" if len(options) > 6 else "")
        return f"{words}: {shown}" if shown else words

    @property
    def flags(self) -> list[str]:
        """What the account says about the field."""
        extra = self.entry.extra if self.entry else {}
        return [words for key, words in (("standard", "standard"), ("required", "required"), ("starred", "starred"),
                                      ("hidden", "hidden there"))
                if extra.get(key)]  # fmt: skip


@dataclass(frozen=True)
class FieldPage:
    """Everything of the page that depends on the connection. `wanting`: marked fields that nothing fills."""

    lines: Sequence[PageLine]
    wanting: Sequence[CatalogueEntry]
    free: Mapping[str, Sequence[FreeField]]
    asked: Mapping[str, Source]
    standard: Mapping[str, Sequence[str]] = field(default_factory=lambda: STANDARD)

    def of(self, owner: str) -> list[PageLine]:
        """Return the lines of one section."""
        return [line for line in self.lines if line.owner == owner]

    @property
    def drafts(self) -> list[tuple[CatalogueEntry, Choice]]:
        """Return what would be filled if the page were saved as it stands."""
        return [(line.entry, line.now) for line in self.lines if line.entry and line.now.question in self.asked]


def field_page(
    connection: Connection, *, edits: Mapping[str, Choice], added: Iterable[str], wrong: Mapping[str, str]
) -> FieldPage:
    """Return the page. `edits`: what was chosen and not saved, by field id; `added`: fields drawn without a row yet."""
    live, asked, stored = fields_of(connection), sources(), field_lines(connection)
    known = {line.field_id for line in stored}
    fresh = [one for one in dict.fromkeys((*added, *edits)) if one in live and one not in known]
    lines = stored + [FieldLine(str(live[one].extra["owner"]), one, live[one], Choice(""), "new") for one in fresh]
    drawn = {*known, *fresh}
    free = {owner: [_free(one) for one in live.values() if one.extra["owner"] == owner and one.id not in drawn]
            for owner in STANDARD}  # fmt: skip
    marked = [one for one in live.values() if one.extra.get("required") or one.extra.get("starred")]
    return FieldPage(
        lines=[_line(connection, one, edits.get(one.field_id), asked, wrong.get(one.field_id, "")) for one in lines],
        wanting=[one for one in marked if one.id not in known],
        free=free,
        asked=asked,
    )


def _free(entry: CatalogueEntry) -> FreeField:
    kind = str(entry.extra.get("field_type", ""))
    why_not = "points at a record, cannot be filled" if kind == "lookup" else ""
    flags = [words for key, words in (("standard", "standard"), ("hidden", "hidden there")) if entry.extra.get(key)]
    said = [type_words(kind), *flags, why_not]
    return FreeField(entry.id, f"{entry.name} ({', '.join(word for word in said if word)})", why_not)


def _line(
    connection: Connection, line: FieldLine, edit: Choice | None, asked: Mapping[str, Source], problem: str
) -> PageLine:
    fits = provider(connection.provider).custom_fits
    entry = line.entry
    questions = [one for one in asked.values() if entry and not unfit(connection, entry, one, "")]
    kinds = {kind for one in asked.values() for kind in one.kinds}
    transforms = [
        (one.key, one.label) for one in ALL
        if entry and any(not why_not(one.key, kind) and not (fits and fits(entry, kind_after(one.key, kind)))
                         for kind in kinds)
    ]  # fmt: skip
    return PageLine(line.owner, line.field_id, entry, line.name, line.state, edit or line.choice, line.choice,
                    questions, transforms, problem)  # fmt: skip
