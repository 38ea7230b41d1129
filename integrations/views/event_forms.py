"""Forms of the webhook events page, and how a raw body is shown: always as text, never rendered."""

import json
import uuid
from collections.abc import Iterable
from typing import Any

from django import forms

from casehug.common.ids import parse_public_id
from integrations.models import InboundEvent

RESULTS = (("", "Any"), ("waiting", "Waiting"), *InboundEvent.Result.choices)
SOURCES = (("", "Any"), *InboundEvent.Source.choices, ("later", "Verified later"))
GONE = "The content is no longer kept, or it cannot be opened any more."
MOST_SHOWN = 64 * 1024


def shown_body(body: bytes | None) -> str:
    """Return a raw body as text for a page: indented when it is JSON, with odd bytes made visible."""
    if body is None:
        return GONE
    text = body[:MOST_SHOWN].decode(errors="backslashreplace")
    try:
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        pass
    return "".join(one if one.isprintable() or one in "\n\t" else f"\\u{ord(one):04x}" for one in text) or "(empty)"


class EventFilterForm(forms.Form):
    """The filter above the list; every value stands in the address."""

    result = forms.ChoiceField(required=False, choices=RESULTS, label="Result")
    type = forms.ChoiceField(required=False, label="Event")
    source = forms.ChoiceField(required=False, choices=SOURCES, label="Came as")
    text = forms.CharField(required=False, max_length=200, label="Event id or remote id")
    matter = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, types: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"] = forms.ChoiceField(
            required=False, label="Event", choices=[("", "Any"), *((name, name) for name in types)]
        )

    def clean_matter(self) -> uuid.UUID | None:
        """Turn the public id of a matter into its id; an unknown form matches nothing."""
        text = self.cleaned_data["matter"]
        return (parse_public_id("mat", text) or uuid.UUID(int=0)) if text else None

    def wanted(self) -> dict[str, Any]:
        """Return the filter; wrong values do not filter, the form shows them."""
        self.is_valid()
        data = getattr(self, "cleaned_data", {})
        return {
            "result": data.get("result", ""), "event_type": data.get("type", ""), "source": data.get("source", ""),
            "matter_id": data.get("matter"), "text": data.get("text", "").strip().replace("\x00", ""),
        }  # fmt: skip

    def kept(self) -> dict[str, str]:
        """Return the given values for the addresses of other pages."""
        return {name: str(value) for name, value in self.data.items() if value and name in self.fields}

    def words(self) -> str:
        """Return the filter in words, "" when nothing is filtered."""
        data = getattr(self, "cleaned_data", {})
        parts = [f"result is {dict(RESULTS)[data['result']]}"] if data.get("result") else []
        parts += [f"event is {data['type']}"] if data.get("type") else []
        parts += [f"came as {dict(SOURCES)[data['source']]}"] if data.get("source") else []
        parts += [f"id “{data['text']}”"] if data.get("text") else []
        parts += ["one matter"] if data.get("matter") else []
        words = ", ".join(parts)
        return words[:1].upper() + words[1:]


class SecretForm(forms.Form):
    """A webhook's secret, write-only."""

    label = forms.CharField(
        max_length=80, label="Webhook", help_text="Its name there. The same name again replaces its secret."
    )
    value = forms.CharField(
        max_length=300, label="Secret", help_text="Stored sealed and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip


class ReadingForm(forms.Form):
    """How often changed matters are read without webhooks."""

    minutes = forms.IntegerField(
        min_value=5,
        max_value=720,
        label="Minutes between two reads",
        help_text="Each read costs one request per 25 changed matters.",
    )


class ReplayForm(forms.Form):
    """A span of time, in the firm's zone."""

    since = forms.DateTimeField(label="From", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    until = forms.DateTimeField(label="Until", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", "Choose a time after the first one.")
        return data
