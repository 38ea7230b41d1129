"""What news of cases we referred out mean for the status of the matter here: the defaults, and what the firm chose.

Kept in `Firm.settings`: {"version": number of the last change, "lines": {key: value}}; only what differs from the
default is there. A key is `stage:` with the folded word of the exchange, or `result:` with one of `RESULTS`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from casehug.audit import services as audit
from casehug.common.scope import current_firm_id
from casehug.firms.models import Firm
from casehug.firms.page_reads import own_firm
from casehug.referrals.errors import Invalid

PLACE = "referral_statuses"  # key in Firm.settings
LEAVE, UNMAPPED = "leave", ""
WORDS = {"pending": "Pending", "active": "Active", "closed": "Closed", LEAVE: "Leave as it is"}
STAGE, RESULT = "stage", "result"
RESULTS = {
    "accepted": "A firm accepted the case", "no_partner": "No partner firm was found",
    "all_declined": "All firms declined", "cancelled": "The referral was cancelled",
    "settled": "The settlement is completed",
}  # fmt: skip
_BY_WORD = {
    "active": ("retained", "signed", "pre-litigation", "litigation", "settlement", "accepted"),
    "closed": ("closed", "closed with fee", "closed no fee", "settled", "dropped"),
    LEAVE: ("received", "evaluating", "contact attempted", "consult complete", "declined", "no_partner",
            "all_declined", "cancelled"),
}  # fmt: skip
_DEFAULTS = {word: value for value, words in _BY_WORD.items() for word in words}
GONE_LINE = "This line is not in the table any more. Reload the page."


def key_of(kind: str, word: str) -> str:
    """Return the key of a stage's word or of a result; capitals and spaces make no difference."""
    return f"{kind}:{' '.join(word.split()).casefold()}"


def default_of(key: str) -> str:
    """Return what a line says while nobody chose; `UNMAPPED` for a word that is not known."""
    return _DEFAULTS.get(key.partition(":")[2], UNMAPPED)


@dataclass(frozen=True)
class StatusLine:
    """One line of the table: what is told there, and what it means here."""

    key: str
    name: str
    value: str
    default: str

    @property
    def chosen(self) -> bool:
        """Whether the firm chose something else than the default."""
        return self.value != self.default

    @property
    def options(self) -> list[tuple[str, str]]:
        """What can be chosen; a word without a default can be left unmapped."""
        unmapped = [(UNMAPPED, "Not mapped")] if self.default == UNMAPPED else []
        return [*unmapped, *WORDS.items()]

    @property
    def default_words(self) -> str:
        """The default in words."""
        return WORDS.get(self.default, "not mapped")


def _stored(firm: Firm | None = None) -> Mapping[str, Any]:
    found = firm or own_firm()
    return {"version": 0, "lines": {}, **found.settings.get(PLACE, {})}


def version() -> int:
    """Return how often the table was changed."""
    return int(_stored()["version"])


def meaning(key: str) -> str:
    """Return the status a line stands for: pending, active, closed, `LEAVE` or `UNMAPPED`."""
    return str(_stored()["lines"].get(key, default_of(key)))


def table(stages: Iterable[str]) -> list[StatusLine]:
    """Return every line: the results, then these stage words, each once, and chosen ones nobody tells any more."""
    chosen: Mapping[str, str] = _stored()["lines"]
    names = {key_of(RESULT, word): name for word, name in RESULTS.items()}
    for word in (*stages, *(key.partition(":")[2] for key in chosen if key.startswith(f"{STAGE}:"))):
        names.setdefault(key_of(STAGE, word), " ".join(word.split()))
    return [StatusLine(key, name, chosen.get(key, default_of(key)), default_of(key)) for key, name in names.items()]


def save_statuses(*, changes: Mapping[str, str], stages: Iterable[str]) -> int:
    """Change lines (`{"stage:retained": "active"}`); returns how many changed, audited with the table's new version.

    Raises Invalid (`statuses`) for a line or a value that is not offered, and then changes nothing.
    """
    firm = Firm.objects.select_for_update().get(id=current_firm_id())
    lines = {line.key: line for line in table(stages)}
    changed: dict[str, list[str]] = {}
    for key, value in changes.items():
        if key not in lines:
            raise Invalid({"statuses": GONE_LINE})
        if value not in dict(lines[key].options):
            raise Invalid({"statuses": f"Choose one of the offered statuses for “{lines[key].name}”."})
        if value != lines[key].value:
            changed[key] = [lines[key].value, value]
    _store(firm, changed)
    return len(changed)


def reset_statuses(*, key: str = "") -> int:
    """Put one line, or all without `key`, back to the default; returns how many had been chosen."""
    firm = Firm.objects.select_for_update().get(id=current_firm_id())
    chosen: Mapping[str, str] = _stored(firm)["lines"]
    changed = {one: [value, default_of(one)] for one, value in chosen.items() if key in ("", one)}
    _store(firm, changed)
    return len(changed)


def _store(firm: Firm, changed: Mapping[str, list[str]]) -> None:
    if not changed:
        return
    held = _stored(firm)
    lines = {**held["lines"], **{key: new for key, (_, new) in changed.items()}}
    kept = {key: value for key, value in lines.items() if value != default_of(key)}
    number = int(held["version"]) + 1
    Firm.objects.filter(id=firm.id).update(settings={**firm.settings, PLACE: {"version": number, "lines": kept}})
    audit.record(action="referrals.statuses_changed", object_type="firm", object_id=firm.id,
                 changes={"version": number, "lines": dict(changed)})  # fmt: skip
