"""The filter above the audit log; every value stands in the address."""

import uuid
from typing import Any

from django import forms

from casehug.common.ids import parse_public_id
from casehug.data_duties.audit_log import AuditFilter, actions_seen, members
from casehug.data_duties.audit_words import OUTCOMES, RECORDS, SOURCES, action_words

_PREFIXES = sorted({prefix for _, prefix in RECORDS.values() if prefix})
UNKNOWN = "This is no id of a record. Copy it from the column “Record”, for example mat_…"


class AuditFilterForm(forms.Form):
    """Action, person or way, outcome, record, days."""

    action = forms.ChoiceField(required=False, label="Action")
    who = forms.ChoiceField(required=False, label="Who")
    outcome = forms.ChoiceField(
        required=False, label="Outcome",
        choices=[("", "Any"), ("trouble", "Anything but done"), *OUTCOMES.items()],
    )  # fmt: skip
    object = forms.CharField(required=False, max_length=60, label="Record id")
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = [(action, action_words(action)) for action in actions_seen()]
        self.fields["action"].choices = [("", "Any"), *seen]  # type: ignore[attr-defined]
        people = [(f"person:{user_id}", name) for user_id, name in members()]
        ways = [(f"way:{source}", f"{words} (any)" if source == "web" else words) for source, words in SOURCES.items()]
        self.fields["who"].choices = [("", "Anybody"), ("People", people), ("Ways", ways)]  # type: ignore[attr-defined]

    def clean_object(self) -> uuid.UUID | None:
        """Turn the public id, or plain UUID, of a record into its id."""
        text = self.cleaned_data["object"].strip()
        if not text:
            return None
        found = next((one for prefix in _PREFIXES if (one := parse_public_id(prefix, text))), None)
        try:
            return found or uuid.UUID(text)
        except ValueError:
            raise forms.ValidationError(UNKNOWN) from None

    def wanted(self, zone: str) -> AuditFilter:
        """Return the filter; wrong values do not filter, the form shows them."""
        self.is_valid()
        data = getattr(self, "cleaned_data", {})
        kind, _, value = data.get("who", "").partition(":")
        return AuditFilter(
            action=data.get("action", ""), actor_id=uuid.UUID(value) if kind == "person" else None,
            source=value if kind == "way" else "", outcome=data.get("outcome", ""), object_id=data.get("object"),
            since=data.get("since"), until=data.get("until"), zone=zone,
        )  # fmt: skip

    def words(self) -> str:
        """Return the filter in words, for an empty list and the caption."""
        data, parts = getattr(self, "cleaned_data", {}), []
        if data.get("action"):
            parts.append(f"Action is “{action_words(data['action'])}”")
        if data.get("who"):
            flat = dict(pair for _, group in self.fields["who"].choices[1:] for pair in group)  # type: ignore[attr-defined]
            parts.append(f"by {flat[data['who']]}")
        if data.get("outcome"):
            parts.append("outcome is anything but done" if data["outcome"] == "trouble"
                         else f"outcome is {OUTCOMES[data['outcome']]}")  # fmt: skip
        if data.get("object"):
            parts.append(f"record is {self.data.get('object', '')}")
        days = (("since", "from"), ("until", "until"))
        parts += [f"{name} {data[key]:%-d %b %Y}" for key, name in days if data.get(key)]
        return ", ".join(parts)
