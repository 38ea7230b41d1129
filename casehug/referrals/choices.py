"""What a firm chose for its referrals (kept in `Firm.settings`): alarms, conflict check, vocabulary, case types."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from casehug.audit import services as audit
from casehug.common.scope import current_firm_id
from casehug.firms.models import Firm
from casehug.firms.page_reads import own_firm

PLACE = "referrals"  # key in Firm.settings
THRESHOLDS = {
    "25%": "a quarter of the time is over", "50%": "half of the time is over",
    "75%": "three quarters of the time are over", "90%": "90 % of the time is over", "24h": "24 hours are left",
    "2h": "2 hours are left", "30min": "30 minutes are left",
}  # fmt: skip
AT_FIRST = ("50%", "90%", "24h", "2h", "30min")
_LEFT = {"24h": timedelta(hours=24), "2h": timedelta(hours=2), "30min": timedelta(minutes=30)}
DECLINE_REASONS = (
    "Conflict of interest", "Outside our practice area", "Outside our jurisdiction", "Limitation period too short",
    "Case value or merit", "Client could not be reached", "Client has another attorney", "No capacity", "Other",
)  # fmt: skip


@dataclass(frozen=True)
class Choices:
    """One firm's choices; the defaults are what a firm starts with."""

    alarms: tuple[str, ...] = AT_FIRST
    escalate_minutes: int = 60
    escalate_to: str = ""
    """User id of the person an unheard alarm goes to; empty: a firm admin."""
    conflict_check_first: bool = True
    post_status: bool = False
    """Whether the status of a matter is told to the sender by itself; otherwise it is drafted for a person."""
    vocabulary: tuple[str, ...] = ()
    """The exchange's case types, word for word: any other word would never be referred."""
    case_types: Mapping[str, str] = field(default_factory=dict)
    """The exchange's word → key of our case type; a word that is missing is unmapped."""

    def case_type_key(self, word: str) -> str:
        """Return the key of our case type for their word, empty when it is unmapped."""
        return self.case_types.get(word, "")


def choices() -> Choices:
    """Return what the firm of the scope chose."""
    stored: Mapping[str, Any] = own_firm().settings.get(PLACE, {})
    default = Choices()
    return Choices(
        alarms=tuple(one for one in stored.get("alarms", default.alarms) if one in THRESHOLDS),
        escalate_minutes=max(1, int(stored.get("escalate_minutes", default.escalate_minutes))),
        escalate_to=str(stored.get("escalate_to", "")),
        conflict_check_first=bool(stored.get("conflict_check_first", default.conflict_check_first)),
        post_status=bool(stored.get("post_status", default.post_status)),
        vocabulary=tuple(stored.get("vocabulary", ())),
        case_types=dict(stored.get("case_types", {})),
    )


def save_choices(wanted: Choices) -> None:
    """Store the choices of the firm; audits the names of what changed."""
    firm = Firm.objects.select_for_update().get(id=current_firm_id())
    before, after = asdict(choices()), asdict(wanted)
    changed = sorted(name for name, value in after.items() if before[name] != value)
    if changed:
        stored = {**after, "alarms": list(wanted.alarms), "vocabulary": list(wanted.vocabulary)}
        Firm.objects.filter(id=firm.id).update(settings={**firm.settings, PLACE: stored})
        audit.record(action="referrals.settings_changed", object_type="firm", object_id=firm.id,
                     changes={"fields": changed})  # fmt: skip


def time_before(threshold: str, life: timedelta) -> timedelta:
    """Return how long before the deadline a threshold lies in an invitation of this life."""
    if threshold.endswith("%"):
        return life * (100 - int(threshold[:-1])) / 100
    return _LEFT[threshold]


def unmapped(words: Sequence[str], chosen: Choices) -> list[str]:
    """Return the words of the exchange that have no case type here, each once, in order."""
    return list(dict.fromkeys(word for word in words if word and not chosen.case_type_key(word)))
