"""Forms of the settings pages: the switches of a connection and the filter of the log."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms

from casehug.common.ids import parse_public_id
from integrations.connections.state import MOST_CALLS_PER_MINUTE, SWITCHES
from integrations.contract.provider import SettingsField
from integrations.models import Connection, SyncLog
from integrations.registry import provider
from integrations.selectors.log import LogFilter


class SettingsForm(forms.Form):
    """Switches of every connection, then the provider's own settings, then the budget of requests."""

    auto_sync_on_approval = forms.BooleanField(
        required=False,
        label="Sync when a document is approved",
        help_text="Approving an upload sends the matter within seconds.",
    )
    auto_sync_on_matter_created = forms.BooleanField(
        required=False,
        label="Sync when a matter is created",
        help_text="A new matter is sent at once, before its intake is complete; the note follows later.",
    )

    @classmethod
    def for_connection(cls, connection: Connection, data: Mapping[str, Any] | None = None) -> "SettingsForm":
        """Return the form of one connection with its present values."""
        declared = provider(connection.provider)
        initial: dict[str, Any] = {name: getattr(connection, name) for name in SWITCHES}
        initial["calls_per_minute"] = connection.calls_per_minute
        form = cls(data, initial=initial)
        for one in declared.settings_fields:
            form.fields[one.key] = _field(one)
            initial[one.key] = connection.settings.get(one.key, one.default)
        form.fields["calls_per_minute"] = forms.IntegerField(
            min_value=1,
            max_value=MOST_CALLS_PER_MINUTE,
            label="Requests per minute",
            help_text=f"{declared.name} counts the requests of all your apps together. "
            f"{declared.calls_per_minute} is safe; raise it only when {declared.name} allows your firm more.",
        )
        return form


def _field(one: SettingsField) -> forms.Field:
    if one.kind == "switch":
        return forms.BooleanField(required=False, label=one.label, help_text=one.help)
    if one.kind == "number":
        return forms.IntegerField(label=one.label, help_text=one.help)
    return forms.ChoiceField(choices=list(one.choices), label=one.label, help_text=one.help)


ACTIONS = (("", "Any"), ("contact", "Contact"), ("matter", "Matter"), ("note", "Note"), ("form", "Form"))
CAUSES = (
    ("", "Any"),
    ("auth", "Access"),
    ("rate_limit", "Limit of requests"),
    ("network", "No answer"),
    ("validation", "Not accepted"),
    ("configuration", "Not allowed there"),
    ("mapping", "Mapping"),
    ("review", "To be looked at"),
    ("unknown", "Unexpected"),
)


class LogFilterForm(forms.Form):
    """The filter above the log; every value stands in the address."""

    status = forms.ChoiceField(required=False, choices=[("", "Any"), *SyncLog.Status.choices], label="State")
    action = forms.ChoiceField(required=False, choices=ACTIONS, label="Step")
    cause = forms.ChoiceField(required=False, choices=CAUSES, label="Cause")
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="Until", widget=forms.DateInput(attrs={"type": "date"}))
    text = forms.CharField(required=False, max_length=100, label="Matter, error or remote id")
    matter = forms.CharField(required=False, widget=forms.HiddenInput)
    run = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_matter(self) -> uuid.UUID | None:
        """Turn the public id of a matter into its id; an unknown form matches nothing."""
        return self._public("mat", "matter")

    def clean_run(self) -> uuid.UUID | None:
        """Turn the public id of a run into its id."""
        return self._public("run", "run")

    def _public(self, prefix: str, name: str) -> uuid.UUID | None:
        text = self.cleaned_data[name]
        return (parse_public_id(prefix, text) or uuid.UUID(int=0)) if text else None

    def wanted(self, zone: str) -> LogFilter:
        """Return the filter; wrong values do not filter, the form shows them."""
        data = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        return LogFilter(
            status=data.get("status", ""),
            action=data.get("action", ""),
            cause=data.get("cause", ""),
            since=data.get("since"),
            until=data.get("until"),
            text=data.get("text", "").strip(),
            matter_id=data.get("matter"),
            work_item_id=data.get("run"),
            zone=zone,
        )

    def words(self) -> str:
        """Return the filter in words, for an empty list."""
        data = getattr(self, "cleaned_data", {})
        parts = []
        if data.get("status"):
            parts.append(f"State is {dict(SyncLog.Status.choices)[data['status']]}")
        if data.get("action"):
            parts.append(f"step is {dict(ACTIONS)[data['action']]}")
        if data.get("cause"):
            parts.append(f"cause is {dict(CAUSES)[data['cause']]}")
        if data.get("since"):
            parts.append(f"from {data['since']:%-d %b %Y}")
        if data.get("until"):
            parts.append(f"until {data['until']:%-d %b %Y}")
        if data.get("text"):
            parts.append(f"text “{data['text']}”")
        if data.get("matter"):
            parts.append("one matter")
        if data.get("run"):
            parts.append("one run")
        words = ", ".join(parts)
        return words[:1].upper() + words[1:]
