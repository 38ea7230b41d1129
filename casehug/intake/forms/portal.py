"""The portal's questions as a form: one group at a time."""

from collections.abc import Sequence
from typing import Any

from django import forms

from casehug.intake.errors import Invalid
from casehug.intake.selectors.portal import QuestionView

AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "email": "email",
    "phone": "tel",
    "date_of_birth": "bday",
    "home_address": "street-address",
}
YES_NO = [("yes", "Yes"), ("no", "No")]
FEW = 5


def option_label(option: str) -> str:
    """Return an option as a sentence starts."""
    return option[:1].upper() + option[1:]


def _widget(question: QuestionView) -> forms.Widget:
    attrs: dict[str, str] = {}
    kind = question.kind
    if question.key in AUTOCOMPLETE:
        attrs["autocomplete"] = AUTOCOMPLETE[question.key]
    if kind == "longtext":
        return forms.Textarea(attrs={"rows": 5})
    if kind == "date":
        return forms.DateInput(attrs={"type": "date", **attrs})
    if kind == "email":
        return forms.EmailInput(attrs=attrs)
    if kind == "phone":
        return forms.TextInput(attrs={"type": "tel", **attrs})
    if kind == "number":
        return forms.TextInput(attrs={"inputmode": "decimal"})
    if kind == "yesno":
        return forms.RadioSelect(choices=YES_NO)
    if kind == "choice":
        choices = [(option, option_label(option)) for option in question.options]
        if len(choices) <= FEW:
            return forms.RadioSelect(choices=choices)
        return forms.Select(choices=[("", "Please choose"), *choices])
    return forms.TextInput(attrs=attrs)


class QuestionsForm(forms.Form):
    """One field per question; the service checks the values themselves."""

    def __init__(self, questions: Sequence[QuestionView], data: Any = None) -> None:
        known = {question.key: question.value for question in questions}
        super().__init__(data, initial=known)
        self.use_required_attribute = False  # what is missing is said in words, and the rest is kept
        for question in questions:
            self.fields[question.key] = forms.CharField(
                label=question.label,
                help_text=question.help,
                required=question.required,
                widget=_widget(question),
                strip=False,
                error_messages={"required": "Please answer this."},
            )

    def answers(self) -> dict[str, str]:
        """Return what was typed, by question key."""
        return {key: str(value) for key, value in self.cleaned_data.items()}

    def take_errors(self, error: Invalid) -> None:
        """Show a service's refusals at their fields."""
        for key, text in error.fields.items():
            self.add_error(key if key in self.fields else None, text)
