"""Forms of connecting with keys, and of choosing how to work with the account."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from integrations.connections.open_api import ENVIRONMENT
from integrations.connections.ways import MINUTE_CHOICES, MINUTES, MODE, PATTERNS, SAFETY_MINUTES
from integrations.contract.auth import ApiKey
from integrations.contract.onboarding import POLLING, WEBHOOKS, Onboarding, Pattern

MODE_CHOICES = (
    (WEBHOOKS, "Webhooks: news comes within seconds. Needs an address that can be reached from outside over https."),
    (POLLING, "Polling: we look regularly. Only outgoing requests; news is as late as the interval is long."),
)


def minutes_words(minutes: int) -> str:
    """Return an interval in words."""
    if minutes < 60:
        return f"Every {minutes} minutes" if minutes > 1 else "Every minute"
    hours = minutes // 60
    return "Once a day" if hours == 24 else ("Every hour" if hours == 1 else f"Every {hours} hours")


class KeysForm(forms.Form):
    """The values of an `ApiKey` and the environment they are for. Secrets are never filled in."""

    def __init__(
        self, auth: ApiKey, *, stored: Mapping[str, str], environment: str, data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial={ENVIRONMENT: environment, **stored})
        plain = {"autocomplete": "off", "spellcheck": "false"}
        if auth.hosts:
            self.fields[ENVIRONMENT] = forms.ChoiceField(
                label="Environment", choices=[(name, name.capitalize()) for name in auth.hosts],
                widget=forms.RadioSelect, help_text="Keys of one environment do not work in the other.",
            )  # fmt: skip
        for name, label, secret in auth.fields:
            kept = secret and any(stored.values())
            hint = auth.help.get(name, "") + (" Leave it empty to keep the stored one." if kept else "")
            widget = forms.PasswordInput(attrs=plain) if secret else forms.TextInput(attrs=plain)
            self.fields[name] = forms.CharField(
                label=label, max_length=200, help_text=hint.strip(), widget=widget, required=not kept
            )

    def values(self) -> dict[str, str]:
        """Return what was typed, without the environment."""
        return {name: text for name, text in self.cleaned_data.items() if name != ENVIRONMENT}


def _labels(patterns: Sequence[Pattern]) -> list[tuple[str, str]]:
    return [(one.key, f"{one.label}. {one.words}") for one in patterns]


class WaysForm(forms.Form):
    """Two questions, what you send and what you receive, lead to the patterns; then webhooks or polling."""

    def __init__(self, declared: Onboarding, *, data: Any = None, settings: Mapping[str, Any] | None = None) -> None:
        now = settings or {}
        chosen = now.get(PATTERNS, ())
        initial = {"sends": chosen, "receives": chosen, "more": chosen, MODE: now.get(MODE, WEBHOOKS),
                   MINUTES: now.get(MINUTES, SAFETY_MINUTES)}  # fmt: skip
        super().__init__(data, initial=initial)
        sends = [one for one in declared.patterns if one.sends != "none"]
        receives = [one for one in declared.patterns if one.receives != "none"]
        more = [one for one in declared.patterns if one not in sends and one not in receives]
        questions = (
            ("sends", "Do you send cases to other firms?", sends),
            ("receives", "Do you receive cases from other firms?", receives),
            ("more", "And besides?", more),
        )
        for name, label, offered in questions:
            if offered:
                self.fields[name] = forms.MultipleChoiceField(
                    required=False, label=label, choices=_labels(offered), widget=forms.CheckboxSelectMultiple
                )
        self.fields[MODE] = forms.ChoiceField(
            label="How news comes in", choices=MODE_CHOICES, widget=forms.RadioSelect,
            help_text="With webhooks we also look now and then, because a delivery may get lost.",
        )  # fmt: skip
        self.fields[MINUTES] = forms.TypedChoiceField(
            label="How often to look", coerce=int, choices=[(one, minutes_words(one)) for one in MINUTE_CHOICES]
        )

    def patterns(self) -> list[str]:
        """Return the chosen patterns of all questions."""
        return [key for name in ("sends", "receives", "more") for key in self.cleaned_data.get(name, ())]
