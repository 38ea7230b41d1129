"""The person a matter is for."""

from django.db import models
from django.db.models import Q

from casehug.common.ids import public_id
from casehug.common.models import FirmModel

NAME_LENGTH = 255


def full_number(phone: str, extension: str) -> str:
    """Return a number with its extension, as it is shown and sent."""
    return f"{phone} x{extension}" if extension else phone


class Client(FirmModel):
    """A client of the firm. `notes` is internal: it is never shown to the client and never leaves the firm."""

    first_name = models.CharField(max_length=NAME_LENGTH)
    last_name = models.CharField(max_length=NAME_LENGTH)
    email = models.CharField(max_length=254, blank=True)
    email_key = models.CharField(max_length=254, blank=True, editable=False)
    """Normalised e-mail: equal keys are the same mailbox. Two clients may share one."""
    phone = models.CharField(max_length=60, blank=True)
    """E.164 when the number is valid, otherwise as it was given."""
    phone_extension = models.CharField(max_length=20, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    address = models.JSONField(default=dict, blank=True)
    """line1, line2, city, state, zip; every key optional."""
    notes = models.TextField(blank=True)
    source_reference = models.CharField(max_length=120, blank=True)
    custom_fields = models.JSONField(default=dict, blank=True)
    """Belongs to the firm's other tools (REST API); nothing of it is sent to a provider."""
    search_text = models.TextField(blank=True, editable=False)
    """Folded name, e-mail, phone and reference; written by the services."""

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=~Q(first_name="", last_name=""), name="client_has_a_name"),
            models.CheckConstraint(condition=Q(email="") | ~Q(email_key=""), name="client_email_has_key"),
        ]
        indexes = [
            models.Index(fields=["firm_id", "email_key"], name="client_email"),
            models.Index(fields=["firm_id", "last_name", "first_name", "id"], name="client_name"),
            models.Index(fields=["firm_id", "-created_at", "-id"], name="client_recent"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("cli", self.id)

    @property
    def full_name(self) -> str:
        """First and last name as shown on pages."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def phone_display(self) -> str:
        """The number with its extension, as it is shown and sent."""
        return full_number(self.phone, self.phone_extension)
