"""Forms of the team page and of the page that an invitation opens."""

from django import forms

from casehug.firms.models import Role
from casehug.firms.team.members import LONGEST_GRACE_DAYS


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(label="Name", max_length=200, required=False)
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.STAFF)


class SecondFactorForm(forms.Form):
    """Whether and from when on the firm asks for a second factor."""

    required = forms.BooleanField(required=False)
    grace_days = forms.IntegerField(label="Days until it is required", min_value=0, max_value=LONGEST_GRACE_DAYS,
                                    initial=14, required=False)  # fmt: skip


class JoinForm(forms.Form):
    """The account of an invited person."""

    name = forms.CharField(label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label="Password", help_text="At least 12 characters. A few words are easier to remember than signs.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False,
    )  # fmt: skip
