"""The form that takes a file of intakes."""

from django import forms

from casehug.intake.forms.clients import ServiceErrors


class ImportForm(ServiceErrors):
    """One CSV file."""

    file = forms.FileField(
        label="CSV file", help_text="From your spreadsheet: “Save as CSV”. Nothing is imported before you confirm.",
        allow_empty_file=True,  # the reader of the file says it in its own words
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )  # fmt: skip
