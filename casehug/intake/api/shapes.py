"""Shapes of matters and clients: what comes in, what goes out, and how lists are filtered."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from casehug.common import slots
from casehug.firms.api_shapes import FreeFields, PageQuery, PublicIdField, public, sorting
from casehug.intake.models import Client, Matter, MatterStatus, PracticeArea

Shape = serializers.Serializer[dict[str, object]]


class TagsField(serializers.ListField):
    """Up to 50 short words."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=50), max_length=50, **options)


class MatterChange(Shape):
    """Fields of a matter that can be changed; a missing one stays as it is."""

    title = serializers.CharField(required=False, max_length=300)
    practice_area = serializers.ChoiceField(required=False, choices=PracticeArea.choices)
    client_id = PublicIdField("cli", required=False, allow_null=True)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    assigned_attorney = PublicIdField("atty", required=False, allow_null=True)
    intake_template_id = PublicIdField("tmpl", required=False)
    custom_fields = FreeFields(required=False)
    tags = TagsField(required=False)
    state = serializers.CharField(required=False, allow_blank=True, max_length=40)
    county = serializers.CharField(required=False, allow_blank=True, max_length=120)
    status = serializers.ChoiceField(required=False, choices=["pending", "active", "closed"])


class MatterNew(MatterChange):
    """A new matter. Without a template the first active one of the practice area is taken."""

    title = serializers.CharField(max_length=300)
    practice_area = serializers.ChoiceField(choices=PracticeArea.choices)
    status = None  # type: ignore[assignment]


class MatterBody(Shape):
    """A matter. `intake_link` is filled only right after it was made; its token is never readable again."""

    id = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=MatterStatus.choices)
    practice_area = serializers.ChoiceField(choices=PracticeArea.choices)
    client_id = serializers.CharField(allow_null=True)
    assigned_attorney = serializers.CharField(allow_null=True)
    intake_template_id = serializers.CharField()
    custom_fields = serializers.DictField()
    tags = serializers.ListField(child=serializers.CharField())
    intake_link = serializers.CharField(allow_null=True)
    documents_count = serializers.IntegerField()
    state = serializers.CharField()
    county = serializers.CharField()
    intake_completed_at = serializers.DateTimeField(allow_null=True)
    intake_approved_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        """Add what other apps know of a matter (slot `matter_api_fields`: name → field)."""
        found = super().get_fields()
        for more in slots.fill("matter_api_fields"):
            found.update(more)
        return found


class MatterQuery(PageQuery):
    """Filters of the list of matters."""

    status = serializers.ChoiceField(required=False, choices=MatterStatus.choices)
    practice_area = serializers.ChoiceField(required=False, choices=PracticeArea.choices)
    client_id = PublicIdField("cli", required=False)
    intake_template_id = PublicIdField("tmpl", required=False)
    tag = serializers.CharField(required=False, max_length=50)
    q = serializers.CharField(required=False, max_length=200)
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)
    updated_after = serializers.DateTimeField(required=False)
    sort = sorting("-created_at", "-updated_at", "title", "status")


def matter_bodies(matters: Sequence[Any]) -> list[dict[str, Any]]:
    """Return matters as the API shows them; each needs the annotation `documents_count`."""
    extra: dict[Any, dict[str, Any]] = {}
    for filled in slots.fill("matter_api_values", matter_ids=[matter.id for matter in matters]):
        for matter_id, values in filled.items():
            extra.setdefault(matter_id, {}).update(values)
    return [{**_matter(matter), **extra.get(matter.id, {})} for matter in matters]


def _matter(matter: Matter) -> dict[str, Any]:
    return {
        "id": matter.public_id,
        "title": matter.title,
        "status": matter.status,
        "practice_area": matter.practice_area,
        "client_id": public("cli", matter.client_id),
        "assigned_attorney": public("atty", matter.assigned_attorney_id),
        "intake_template_id": public("tmpl", matter.case_type_id),
        "custom_fields": matter.custom_fields,
        "tags": matter.tags,
        "intake_link": None,
        "documents_count": matter.documents_count,  # type: ignore[attr-defined]
        "state": matter.state,
        "county": matter.county,
        "intake_completed_at": matter.intake_completed_at,
        "intake_approved_at": matter.intake_approved_at,
        "created_at": matter.created_at,
        "updated_at": matter.updated_at,
    }


class AddressShape(Shape):
    """A postal address; every part is optional. `suite` is read as `line2`."""

    line1 = serializers.CharField(required=False, allow_blank=True, max_length=200)
    line2 = serializers.CharField(required=False, allow_blank=True, max_length=200)
    city = serializers.CharField(required=False, allow_blank=True, max_length=200)
    state = serializers.CharField(required=False, allow_blank=True, max_length=200)
    zip = serializers.CharField(required=False, allow_blank=True, max_length=200)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and "suite" in data:
            data = {"line2": data["suite"], **data}
        return super().to_internal_value(data)


class ClientChange(Shape):
    """Fields of a client that can be changed; a missing one stays as it is."""

    first_name = serializers.CharField(required=False, max_length=255)
    last_name = serializers.CharField(required=False, max_length=255)
    email = serializers.CharField(required=False, allow_blank=True, max_length=254)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=60)
    date_of_birth = serializers.DateField(required=False, allow_null=True)
    address = AddressShape(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    custom_fields = FreeFields(required=False)


class ClientNew(ClientChange):
    """A new client."""

    first_name = serializers.CharField(max_length=255)
    last_name = serializers.CharField(max_length=255)


class ClientBody(Shape):
    """A client. `notes` is internal; it is null for people whose role does not see notes."""

    id = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    date_of_birth = serializers.DateField(allow_null=True)
    address = AddressShape()
    notes = serializers.CharField(allow_null=True)
    custom_fields = serializers.DictField()
    matters_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ClientQuery(PageQuery):
    """Filters of the list of clients; `email` compares the whole mailbox."""

    email = serializers.CharField(required=False, max_length=254)
    q = serializers.CharField(required=False, max_length=200)
    updated_after = serializers.DateTimeField(required=False)
    sort = sorting("-created_at", "-updated_at", "last_name")


def client_body(client: Client, *, notes: bool) -> dict[str, Any]:
    """Return a client as the API shows it; it needs the annotation `matters_count`."""
    return {
        "id": client.public_id,
        "first_name": client.first_name,
        "last_name": client.last_name,
        "email": client.email or None,
        "phone": client.phone_display or None,
        "date_of_birth": client.date_of_birth,
        "address": client.address,
        "notes": client.notes if notes else None,
        "custom_fields": client.custom_fields,
        "matters_count": client.matters_count,  # type: ignore[attr-defined]
        "created_at": client.created_at,
        "updated_at": client.updated_at,
    }
