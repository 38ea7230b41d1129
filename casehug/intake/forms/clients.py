"""The client as a form: on its own page, and as the client part of a new matter."""

from typing import Any

from django import forms

from casehug.common.ids import parse_public_id
from casehug.intake.data.states import STATES
from casehug.intake.errors import Invalid
from casehug.intake.models import Client
from casehug.intake.services.clients import ClientChanges

STATE_CHOICES = [("", "Not known yet"), *STATES.items()]
ADDRESS = ("line1", "line2", "city", "state", "zip")


class ServiceErrors(forms.Form):
    """Base: fields are read here, the service's refusals are shown at them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            choosing = isinstance(field, forms.ChoiceField | forms.FileField)
            field.error_messages["required"] = "Please choose." if choosing else "Please fill this in."

    # Fields of the service that another field of the page stands for.
    places: dict[str, str] = {}

    def take_errors(self, error: Invalid) -> None:
        """Show a service's refusals at their fields, the rest above the form."""
        for name, text in error.fields.items():
            place = self.places.get(name, name)
            self.add_error(place if place in self.fields else None, text)


class PersonFields(ServiceErrors):
    """Name, e-mail and phone."""

    first_name = forms.CharField(max_length=255, required=False)
    last_name = forms.CharField(max_length=255, required=False)
    email = forms.CharField(label="E-mail", max_length=254, required=False, widget=forms.EmailInput)
    phone = forms.CharField(
        max_length=60, required=False, help_text="With area code. A number abroad starts with +.",
        widget=forms.TextInput(attrs={"type": "tel"}),
    )  # fmt: skip

    def person(self) -> ClientChanges:
        """Return the four values for the service."""
        data = self.cleaned_data
        return {
            "first_name": data["first_name"],
            "last_name": data["last_name"],
            "email": data["email"],
            "phone": data["phone"],
        }


class ClientForm(PersonFields):
    """Everything a client record holds."""

    places = {f"address.{key}": key for key in ADDRESS}

    date_of_birth = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    line1 = forms.CharField(label="Street", max_length=200, required=False)
    line2 = forms.CharField(label="Apartment or suite", max_length=200, required=False)
    city = forms.CharField(max_length=200, required=False)
    state = forms.CharField(max_length=200, required=False)
    zip = forms.CharField(label="ZIP code", max_length=200, required=False)
    notes = forms.CharField(
        label="Internal notes", required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For your firm only. Never shown to the client, never sent to another system.",
    )  # fmt: skip

    @classmethod
    def of(cls, client: Client, data: Any = None) -> "ClientForm":
        """Return the form filled with a client's record; shows a phone number with its extension."""
        names = ("first_name", "last_name", "email", "date_of_birth", "notes")
        initial = {name: getattr(client, name) for name in names}
        address = {key: client.address.get(key, "") for key in ADDRESS}
        return cls(data, initial={**initial, **address, "phone": client.phone_display})

    def changes(self) -> ClientChanges:
        """Return all values for the service."""
        data = self.cleaned_data
        return {
            **self.person(),
            "date_of_birth": data["date_of_birth"],
            "address": {key: data[key] for key in ADDRESS},
            "notes": data["notes"],
        }


class ClientChoiceForm(PersonFields):
    """Whose matter it is: a client there is, a new one, or nobody yet."""

    EXISTING, NEW, NONE = "existing", "new", "none"
    choice = forms.ChoiceField(
        label="Who is the client?",
        choices=[(EXISTING, "A client we have"), (NEW, "A new client"), (NONE, "No client yet")],
        widget=forms.RadioSelect,
        initial=EXISTING,
    )
    find = forms.CharField(label="Find by name or e-mail", max_length=200, required=False)
    client = forms.CharField(required=False, widget=forms.HiddenInput)
    duplicate = forms.CharField(required=False, widget=forms.HiddenInput)
    """After the question about a possible duplicate: the id of the client there is, or `new`."""

    def clean(self) -> dict[str, Any]:
        """A choice needs its part filled in."""
        data = super().clean() or self.cleaned_data
        named = data.get("first_name") or data.get("last_name")
        if data.get("choice") == self.EXISTING and named and not data.get("client") and not data.get("find"):
            data["choice"] = self.NEW  # typed a name below, only the dot above stands elsewhere
        if data.get("choice") == self.EXISTING and not data.get("duplicate") and self.client_id is None:
            self.add_error("find", "Find the client and choose one from the list.")
        if data.get("choice") == self.NEW and not named:
            self.add_error("first_name", "Please give a name.")
        return data

    @property
    def client_id(self) -> Any:
        """The chosen existing client, or None."""
        data = self.cleaned_data
        text = data.get("duplicate") or (data.get("client") if data.get("choice") == self.EXISTING else "") or ""
        return parse_public_id("cli", text)

    @property
    def wants_new(self) -> bool:
        """Whether a new client is to be made."""
        return self.cleaned_data["choice"] == self.NEW and self.client_id is None

    @property
    def duplicate_answered(self) -> bool:
        """Whether the person has seen the possible duplicates."""
        return bool(self.cleaned_data.get("duplicate"))
