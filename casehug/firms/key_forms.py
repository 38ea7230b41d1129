"""Forms of the API keys' pages."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from casehug.firms.api_keys import OVERLAPS
from casehug.firms.api_scopes import SCOPES

LIFETIMES = {"30": "30 days", "90": "90 days", "365": "One year", "never": "No end"}


class ApiKeyForm(forms.Form):
    """Name, scopes and end of a new key."""

    name = forms.CharField(
        max_length=100, help_text="Which tool uses it, for example “Website form”. One key per tool."
    )
    scopes = forms.MultipleChoiceField(
        label="The tool may", choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple,
        help_text="Choose only what the tool needs.", error_messages={"required": "Choose at least one."},
    )  # fmt: skip
    lifetime = forms.ChoiceField(
        label="The key ends after", choices=list(LIFETIMES.items()), initial="365",
        help_text="You can rotate it before, without a gap.",
    )  # fmt: skip

    def expires_at(self) -> datetime | None:
        """Return when the key ends, None for never."""
        days = self.cleaned_data["lifetime"]
        return timezone.now() + timedelta(days=int(days)) if days != "never" else None


class RotateForm(forms.Form):
    """When the old key ends."""

    overlap = forms.TypedChoiceField(
        label="The old key stops working", choices=list(OVERLAPS.items()), coerce=int, initial=24,
        help_text="Enter the new key in the tool before the old one ends.",
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
