"""Forms of matters: new, edit, status, notes."""

import uuid
from typing import Any

from django import forms

from casehug.firms.models import Membership, Role
from casehug.intake.forms.clients import STATE_CHOICES, ClientChoiceForm, ServiceErrors
from casehug.intake.models import CaseType, Matter, MatterStatus, PracticeArea
from casehug.intake.services.matters import MatterChanges


def case_type_choices() -> list[Any]:
    """Return the firm's active case types, grouped by practice area."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for case_type in CaseType.objects.filter(active=True).order_by("position", "name"):
        groups.setdefault(PracticeArea(case_type.practice_area).label, []).append((str(case_type.id), case_type.name))
    return [("", "Please choose"), *groups.items()]


class MatterFields(ServiceErrors):
    """What a matter says about itself."""

    places = {"case_type_id": "case_type", "client_id": "find"}

    title = forms.CharField(max_length=300, help_text="As your firm calls it. The client reads the case type instead.")
    case_type = forms.ChoiceField(help_text="Decides which questions and documents the client is asked for.")
    state = forms.ChoiceField(choices=STATE_CHOICES, required=False)
    county = forms.CharField(max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["case_type"].choices = case_type_choices()  # type: ignore[attr-defined]

    def matter_changes(self) -> MatterChanges:
        """Return the values for the service."""
        data = self.cleaned_data
        return {
            "title": data["title"],
            "case_type_id": uuid.UUID(data["case_type"]),
            "state": data["state"],
            "county": data["county"],
        }


class NewMatterForm(MatterFields, ClientChoiceForm):
    """A new matter with its client."""

    field_order = ["title", "case_type", "state", "county"]


class MatterForm(MatterFields):
    """Everything staff can change on a matter."""

    practice_area = forms.ChoiceField(choices=PracticeArea.choices)
    attorney = forms.ChoiceField(label="Responsible attorney", required=False)
    description = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For your firm only. Never shown to the client, never sent to another system.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Membership.objects.filter(active=True, role__in=(Role.ATTORNEY, Role.ADMIN)).select_related("user")
        choices = sorted(((str(each.user_id), str(each.user)) for each in members), key=lambda pair: pair[1])
        self.fields["attorney"].choices = [("", "Nobody yet"), *choices]  # type: ignore[attr-defined]

    @classmethod
    def of(cls, matter: Matter, data: Any = None) -> "MatterForm":
        """Return the form filled with a matter."""
        names = ("title", "state", "county", "practice_area", "description")
        initial = {name: getattr(matter, name) for name in names}
        more = {"case_type": str(matter.case_type_id), "attorney": str(matter.assigned_attorney_id or "")}
        form = cls(data, initial={**initial, **more})
        if not matter.case_type.active:
            form._keep("case_type", str(matter.case_type_id), matter.case_type.name)
        if matter.assigned_attorney_id:
            form._keep("attorney", str(matter.assigned_attorney_id), "A former member")
        return form

    def _keep(self, name: str, value: str, label: str) -> None:
        """What a matter has stays choosable, also when it is no longer offered."""
        field = self.fields[name]
        if not field.valid_value(value):  # type: ignore[attr-defined]
            field.choices = [*field.choices, (value, label)]  # type: ignore[attr-defined]

    def all_changes(self, matter: Matter) -> MatterChanges:
        """Return the values for the service; another case type brings its own practice area."""
        data, changes = self.cleaned_data, self.matter_changes()
        changes["description"] = data["description"]
        changes["assigned_attorney_id"] = uuid.UUID(data["attorney"]) if data["attorney"] else None
        if changes["case_type_id"] == matter.case_type_id or data["practice_area"] != matter.practice_area:
            changes["practice_area"] = data["practice_area"]
        return changes


class StatusForm(forms.Form):
    """Another status; archiving has its own page."""

    status = forms.ChoiceField(
        label="Change status to",
        choices=[(each.value, each.label) for each in MatterStatus if each != MatterStatus.ARCHIVED],
    )


class NoteForm(ServiceErrors):
    """An internal note."""

    body = forms.CharField(label="New note", widget=forms.Textarea(attrs={"rows": 3}))
