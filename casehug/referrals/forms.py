"""Forms of the referral pages."""

from typing import Any

from django import forms

from casehug.firms.models import Membership
from casehug.firms.notices import preferences
from casehug.intake.forms.clients import STATE_CHOICES, ServiceErrors
from casehug.intake.models import CaseType, Client
from casehug.referrals.choices import DECLINE_REASONS, THRESHOLDS, Choices
from casehug.referrals.models import Invitation, PartnerFirm
from casehug.referrals.notices import ESCALATED

NOBODY = ("", "Please choose")


def own_case_types() -> list[tuple[str, str]]:
    """Return the firm's active case types by key."""
    rows = CaseType.objects.filter(active=True).order_by("position", "name")
    return [(one.key, one.name) for one in rows]


def told_of_escalations() -> list[tuple[str, str]]:
    """Return the members who get the notice of an alarm nobody heard, by name; first the choice of no one."""
    roles = preferences()[ESCALATED].roles
    rows = Membership.objects.filter(active=True, role__in=roles).select_related("user")
    people = sorted(((str(one.user_id), str(one.user)) for one in rows), key=lambda pair: pair[1].casefold())
    return [("", "A firm admin"), *people]


class ConflictForm(ServiceErrors):
    """The decision of a named person about the hits."""

    result = forms.ChoiceField(label="What has the check shown?", choices=Invitation.Conflict.choices,
                               widget=forms.RadioSelect)  # fmt: skip
    note = forms.CharField(
        label="Why", required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed when there are hits or a conflict. Never leaves your firm.",
    )  # fmt: skip


class AcceptForm(ServiceErrors):
    """Accept, perhaps with the signed retainer."""

    file = forms.FileField(label="Signed retainer (PDF)", required=False,
                           help_text="Goes to the sender with your acceptance.")  # fmt: skip


class DeclineForm(ServiceErrors):
    """Decline with a reason the sender reads."""

    reason = forms.ChoiceField(label="Reason", choices=[NOBODY, *((one, one) for one in DECLINE_REASONS)])
    text = forms.CharField(
        label="More for the sender", required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The sender reads this. Needed for “Other”.",
    )  # fmt: skip


class MakeMatterForm(ServiceErrors):
    """What a person decides before a case becomes a matter."""

    places = {"case_type_id": "case_type"}

    case_type = forms.ChoiceField(label="Your case type")
    client = forms.ChoiceField(label="Client", widget=forms.RadioSelect, required=False)

    def __init__(self, *args: Any, alike: list[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = CaseType.objects.filter(active=True).order_by("position", "name")
        self.fields["case_type"].choices = [NOBODY, *((str(one.id), one.name) for one in rows)]  # type: ignore[attr-defined]
        known = [(str(one.id), f"{one.full_name}, known client ({one.email or one.phone_display})") for one in alike]
        self.fields["client"].choices = [*known, ("", "A new client with the name of the referral")]  # type: ignore[attr-defined]


class UpdateForm(ServiceErrors):
    """One update to the other firm."""

    title = forms.CharField(max_length=255, required=False)
    content = forms.CharField(label="Text", widget=forms.Textarea(attrs={"rows": 5}),
                              help_text="The other firm reads this.")  # fmt: skip
    stage = forms.CharField(max_length=120, required=False, help_text="Where the case stands now, in a word.")


class ShareForm(ServiceErrors):
    """A file for every firm on the case."""

    file = forms.FileField(help_text="Every firm on this case can see it. PDF, pictures, Word, Excel, text.")


class ReferForm(ServiceErrors):
    """What another firm is told about a matter of ours."""

    case_type = forms.ChoiceField(label="Case type of the exchange")
    place = forms.ChoiceField(label="State where it happened", choices=STATE_CHOICES, required=False)
    incident_date = forms.DateField(label="Day of the incident", required=False,
                                    widget=forms.DateInput(attrs={"type": "date"}))  # fmt: skip
    summary = forms.CharField(
        label="What happened", required=False, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Who, what, when, where, why. Only this text is sent, none of your notes.",
    )  # fmt: skip
    consent = forms.BooleanField(label="The client has agreed to this referral", required=False,
                                 help_text="Stored with your name and the time.")  # fmt: skip

    def __init__(self, *args: Any, vocabulary: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["case_type"].choices = [NOBODY, *((one, one) for one in vocabulary)]  # type: ignore[attr-defined]


class PartnerForm(ServiceErrors):
    """One firm of the address book."""

    name = forms.CharField(max_length=200)
    remote_id = forms.CharField(
        label="Partner firm ID", max_length=80, required=False,
        help_text="From the firm's profile page in the exchange, from its support, or kept from earlier connections.",
    )  # fmt: skip
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))

    @classmethod
    def of(cls, row: PartnerFirm | None, data: Any = None) -> "PartnerForm":
        """Return the form, filled with a firm if there is one."""
        initial = {"name": row.name, "remote_id": row.remote_id, "note": row.note} if row else {}
        return cls(data, initial=initial)


class ChoicesForm(ServiceErrors):
    """The firm's choices; one select per word of the exchange."""

    conflict_check_first = forms.BooleanField(
        label="Accepting waits for the conflict check", required=False,
        help_text="Recommended: nobody can accept before a person wrote down what the check has shown.",
    )  # fmt: skip
    post_status = forms.BooleanField(
        label="Tell the sender by itself when the status of a received case's matter changes", required=False,
        help_text="Only the status is told. Without this an update is drafted, and a person sends it.",
    )  # fmt: skip
    alarms = forms.MultipleChoiceField(
        label="Alarm when", choices=[*THRESHOLDS.items()], widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one: an invitation must not run out unseen."},
    )  # fmt: skip
    escalate_minutes = forms.IntegerField(
        label="Pass on an alarm nobody acknowledged after, in minutes", min_value=5, max_value=1440,
        help_text="Sooner when time is short: never later than half of what is left.",
    )  # fmt: skip
    escalate_to = forms.ChoiceField(
        label="Pass it on to", required=False,
        help_text="A person whose role gets this notice (Settings, Notifications).",
    )  # fmt: skip
    vocabulary = forms.CharField(
        label="Case types of the exchange", required=False, widget=forms.Textarea(attrs={"rows": 8}),
        help_text="One per line, exactly as the exchange writes them. Any other word would never be referred.",
    )  # fmt: skip

    def __init__(self, *args: Any, chosen: Choices, words: list[str], **kwargs: Any) -> None:
        self.words, self.chosen = words, chosen
        initial = {
            "conflict_check_first": chosen.conflict_check_first, "alarms": list(chosen.alarms),
            "post_status": chosen.post_status,
            "escalate_minutes": chosen.escalate_minutes, "escalate_to": chosen.escalate_to,
            "vocabulary": "\n".join(chosen.vocabulary),
        }  # fmt: skip
        types = [("", "Not mapped: a person decides"), *own_case_types()]
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["escalate_to"].choices = told_of_escalations()  # type: ignore[attr-defined]
        for place, word in enumerate(words):
            self.fields[f"word{place}"] = forms.ChoiceField(
                label=word, choices=types, required=False, initial=chosen.case_type_key(word)
            )

    @property
    def word_fields(self) -> list[Any]:
        """The selects of the exchange's words."""
        return [self[f"word{place}"] for place in range(len(self.words))]

    def wanted(self) -> Choices:
        """Return what was chosen. A word that was not shown keeps its case type."""
        data = self.cleaned_data
        shown = {word: data[f"word{place}"] for place, word in enumerate(self.words)}
        kept = {word: key for word, key in {**self.chosen.case_types, **shown}.items() if key}
        words = (" ".join(line.split()) for line in data["vocabulary"].splitlines())
        return Choices(
            alarms=tuple(one for one in THRESHOLDS if one in data["alarms"]),
            escalate_minutes=data["escalate_minutes"], escalate_to=data["escalate_to"],
            conflict_check_first=data["conflict_check_first"],
            post_status=data["post_status"],
            vocabulary=tuple(dict.fromkeys(word for word in words if word)), case_types=kept,
        )  # fmt: skip


class CaseFileForm(ServiceErrors):
    """One CSV file of cases that other firms handle."""

    file = forms.FileField(
        label="CSV file", help_text="Nothing is sent before you have read the dry run and confirmed.",
        allow_empty_file=True,  # the reader of the file says it in its own words
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )  # fmt: skip
    suggestions = forms.BooleanField(
        label="Rows without a partner firm ID become drafts with suggestions", required=False,
        help_text="Otherwise such rows are left out. A draft invites nobody: you choose the firm in the exchange.",
    )  # fmt: skip


class LeadSettingsForm(ServiceErrors):
    """The firm's public form."""

    enabled = forms.BooleanField(label="The form is open to everybody who has its address", required=False)
    slug = forms.CharField(label="Last part of the address", max_length=60,
                           help_text="Small letters, digits, hyphens. A change breaks links you gave out.")  # fmt: skip
    title = forms.CharField(label="Heading", max_length=120)
    intro = forms.CharField(label="What people read first", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    consent_text = forms.CharField(
        label="What people agree to", widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Stands beside a box that has to be ticked. The wording is kept in the audit log with each case.",
    )  # fmt: skip
    case_types = forms.MultipleChoiceField(
        label="Case types offered", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="The exchange's words, from Settings, Referrals.",
    )  # fmt: skip

    def __init__(self, *args: Any, vocabulary: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["case_types"].choices = [(one, one) for one in vocabulary]  # type: ignore[attr-defined]


class LeadPageForm(ServiceErrors):
    """What a person tells about their case on the public page."""

    first_name = forms.CharField(max_length=255, widget=forms.TextInput(attrs={"autocomplete": "given-name"}))
    last_name = forms.CharField(max_length=255, widget=forms.TextInput(attrs={"autocomplete": "family-name"}))
    phone = forms.CharField(max_length=60, help_text="With area code.",
                            widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}))  # fmt: skip
    email = forms.CharField(label="E-mail", max_length=254, required=False,
                            widget=forms.EmailInput(attrs={"autocomplete": "email"}))  # fmt: skip
    case_type = forms.ChoiceField(label="What is it about?")
    place = forms.ChoiceField(label="State where it happened", choices=[NOBODY, *STATE_CHOICES[1:]])
    incident_date = forms.DateField(label="Day it happened", widget=forms.DateInput(attrs={"type": "date"}))
    summary = forms.CharField(label="What happened", max_length=5_000, widget=forms.Textarea(attrs={"rows": 6}),
                              help_text="In your own words: who, what, where, how.")  # fmt: skip
    consent = forms.BooleanField(label="I agree")

    def __init__(self, *args: Any, offered: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["case_type"].choices = [NOBODY, *((one, one) for one in offered)]  # type: ignore[attr-defined]
