"""Forms of the checklist: ask for an item, send one back."""

from django import forms

from casehug.intake.data.document_kinds import KINDS, PAPER
from casehug.intake.files import ACCEPTABLE
from casehug.intake.forms.clients import ServiceErrors

# Reasons people give most, worded for the client; each is the beginning of the text, which staff can change.
REASONS = (
    ("unreadable", "Hard to read", "The file is hard to read. Please photograph or scan it again in good light."),
    ("incomplete", "Pages are missing", "Some pages are missing. Please send all pages, also the empty ones."),
    ("wrong", "Another document than asked for", "This is another document than the one we asked for."),
    ("old", "Too old", "This document is too old for us. Please send the newest one you have."),
    ("other", "Something else", ""),
)


def category_choices() -> list[tuple[str, str]]:
    """Return the groups of the checklist."""
    return [(name, name) for name in dict.fromkeys(kind.category for kind in KINDS.values())]


class RequestForm(ServiceErrors):
    """One more item on the checklist."""

    name = forms.CharField(label="What do you need?", max_length=200, help_text="As the client reads it.")
    category = forms.ChoiceField(label="Group", choices=category_choices, initial="Other")
    description = forms.CharField(
        label="Why do you need it?", required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One plain sentence for the client.",
    )  # fmt: skip
    instructions = forms.CharField(
        label="What should the client take care of?", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    required = forms.BooleanField(
        label="Required", required=False, initial=True,
        help_text="The intake can only be approved when all required items are approved.",
    )  # fmt: skip
    accepted_types = forms.MultipleChoiceField(
        label="Accepted kinds of files", choices=[*ACCEPTABLE.items()], initial=list(PAPER),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    max_size_mb = forms.IntegerField(label="Largest file, in MB", min_value=1, max_value=100, initial=25)


class SendBackForm(ServiceErrors):
    """Why an item goes back; the text is what the client reads."""

    kind = forms.ChoiceField(
        label="Reason", choices=[(key, label) for key, label, _ in REASONS], widget=forms.RadioSelect
    )
    text = forms.CharField(
        label="More for the client", required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The client reads the reason and this text. For “Something else” write the whole reason here.",
    )  # fmt: skip
    places = {"reason": "text"}

    def clean(self) -> dict[str, object]:
        """“Something else” says nothing by itself."""
        data = super().clean() or self.cleaned_data
        if data.get("kind") == "other" and not str(data.get("text", "")).strip():
            self.add_error("text", "Please write the reason for the client.")
        return data

    def reason(self) -> str:
        """Return the whole text for the client."""
        sentences = {key: sentence for key, _, sentence in REASONS}
        parts = (sentences[self.cleaned_data["kind"]], self.cleaned_data["text"].strip())
        return " ".join(part for part in parts if part)
