"""Forms of outgoing webhooks: a receiver, and from when on to send again."""

from typing import Any

from django import forms

from integrations.models import WebhookEndpoint
from integrations.outbound import egress
from integrations.outbound.addresses import Target, TargetRefused
from integrations.outbound.catalogue import ALL, EVENTS
from integrations.outbound.services import NO_AGREEMENT

IDS, FULL = "ids", "full"
CHOICES = [
    (ALL, "Every event, also ones that are added later"),
    *((one.name, f"{one.meaning} ({one.name})") for one in EVENTS),
]
CONTENT = [
    (IDS, "Ids, type and time only. The receiver reads the rest over the API."),
    (FULL, "With titles, names, e-mail and phone of clients."),
]


class ReceiverForm(forms.Form):
    """A receiver. The address is checked by asking a name server, so validate it outside any transaction."""

    url = forms.CharField(
        max_length=2000, label="Address", help_text="Starts with https://. Copy it from the receiving program.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}),
    )  # fmt: skip
    description = forms.CharField(
        max_length=200, required=False, label="What it is for", help_text="For your own list, for example “Billing”."
    )
    events = forms.MultipleChoiceField(choices=CHOICES, widget=forms.CheckboxSelectMultiple, label="Events")
    content = forms.ChoiceField(choices=CONTENT, widget=forms.RadioSelect, initial=IDS, label="What is sent")
    agreement_confirmed = forms.BooleanField(
        required=False, label="We have an agreement (BAA) with the receiver that covers client data",
        help_text="Only needed for client data. Who receives it handles it on your behalf.",
    )  # fmt: skip
    older_signature = forms.BooleanField(
        required=False, label="Also send the older signature header",
        help_text="X-CaseHug-Signature: t=…,v1=…. Only if the receiver asks for it.",
    )  # fmt: skip
    target: Target | None = None

    def clean_url(self) -> str:
        """Check the address; the same address as before is not asked about again."""
        url: str = self.cleaned_data["url"].strip()
        if url != self.initial.get("url"):
            try:
                self.target = egress.check_url(url)
            except TargetRefused as refused:
                raise forms.ValidationError(refused.text) from None
        return url

    def clean(self) -> dict[str, Any]:
        """Client data needs the agreement."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("content") == FULL and not data.get("agreement_confirmed"):
            self.add_error("agreement_confirmed", NO_AGREEMENT)
        return data

    def wishes(self) -> Any:
        """Return the values as the services take them."""
        data = self.cleaned_data
        found = {
            "description": data["description"], "events": data["events"], "with_client_data": data["content"] == FULL,
            "agreement_confirmed": data["agreement_confirmed"], "older_signature": data["older_signature"],
        }  # fmt: skip
        return found | ({"target": self.target} if self.target else {})


def initial_of(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return the values of a receiver for its form."""
    return {
        "url": endpoint.open_url(), "description": endpoint.description, "events": endpoint.events,
        "content": FULL if endpoint.with_client_data else IDS, "agreement_confirmed": endpoint.with_client_data,
        "older_signature": endpoint.older_signature,
    }  # fmt: skip


class SinceForm(forms.Form):
    """From when on to send again."""

    since = forms.DateTimeField(
        label="Since", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="In your firm's time zone.",
    )  # fmt: skip


class OffForm(forms.Form):
    """Why a receiver is switched off."""

    reason = forms.CharField(max_length=200, label="Reason", help_text="Your colleagues read it here.")
