"""The firm over the API: profile, settings, members, usage (casehug.md §7.6)."""

import uuid
import zoneinfo
from typing import Any, ClassVar

import phonenumbers
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.audit.services import record
from casehug.common import slots
from casehug.common.ids import public_id
from casehug.firms.api_auth import FirmAPIView, etag_of, require_match
from casehug.firms.api_shapes import IF_MATCH, PageQuery, PublicIdField, checked, enveloped, paged, refusals
from casehug.firms.models import Firm, Membership, Role

Shape = serializers.Serializer[dict[str, object]]
PHONE = "This is not a phone number that can be dialled. Example: +12065550123."
DEFAULTS: dict[str, Any] = {
    "intake_branding": True, "custom_domain": None, "default_intake_template": "", "email_notifications": True,
    "sms_notifications": False,
}  # fmt: skip


class FirmAddress(Shape):
    """Address of a firm; every part is optional. `line2` is read as `suite`."""

    line1 = serializers.CharField(required=False, allow_blank=True, max_length=200)
    suite = serializers.CharField(required=False, allow_blank=True, max_length=200)
    city = serializers.CharField(required=False, allow_blank=True, max_length=200)
    state = serializers.CharField(required=False, allow_blank=True, max_length=200)
    zip = serializers.CharField(required=False, allow_blank=True, max_length=200)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and "line2" in data:
            data = {"suite": data["line2"], **data}
        return super().to_internal_value(data)


class FirmSettings(Shape):
    """The five settings."""

    intake_branding = serializers.BooleanField(required=False)
    custom_domain = serializers.CharField(required=False, allow_null=True, max_length=253)
    default_intake_template = serializers.CharField(required=False, allow_blank=True, max_length=40)
    email_notifications = serializers.BooleanField(required=False)
    sms_notifications = serializers.BooleanField(required=False)

    def validate_default_intake_template(self, value: str) -> str:
        """Accept the id of an active template of the firm, or nothing."""
        if value and not slots.fill("known_template", template_id=PublicIdField("tmpl").run_validation(value)):
            raise serializers.ValidationError("There is no active template with this id.")
        return value


class FirmChange(FirmSettings):
    """What may change; a missing key stays. The settings may stand at the top or under `settings`."""

    name = serializers.CharField(required=False, max_length=200)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=40)
    website = serializers.URLField(required=False, allow_blank=True, max_length=200)
    timezone = serializers.CharField(required=False, max_length=60)
    address = FirmAddress(required=False)
    settings = FirmSettings(required=False)

    def validate_phone(self, value: str) -> str:
        """Accept a dialable number and keep it as E.164; without a country code it is taken as one of the US."""
        try:
            number = phonenumbers.parse(value, "US") if value else None
        except phonenumbers.NumberParseException:
            raise serializers.ValidationError(PHONE) from None
        if number is not None and not phonenumbers.is_valid_number(number):
            raise serializers.ValidationError(PHONE)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if number is not None else ""

    def validate_timezone(self, value: str) -> str:
        """Accept only names of the time zone database."""
        if value not in zoneinfo.available_timezones():
            raise serializers.ValidationError("This is not a known time zone. Example: America/New_York.")
        return value


class FirmBody(Shape):
    """The firm of the key."""

    id = serializers.CharField()
    name = serializers.CharField()
    slug = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    website = serializers.CharField(allow_null=True)
    address = FirmAddress()
    plan = serializers.CharField()
    timezone = serializers.CharField()
    logo_url = serializers.CharField(allow_null=True)
    settings = FirmSettings()
    created_at = serializers.DateTimeField()


def firm_body(firm: Firm) -> dict[str, Any]:
    """Return the firm as the API shows it."""
    return {
        "id": public_id("firm", firm.id), "name": firm.name, "slug": firm.slug, "email": firm.email or None,
        "phone": firm.phone or None, "website": firm.website or None, "address": firm.address, "plan": firm.plan,
        "timezone": firm.timezone, "logo_url": None,
        "settings": {name: firm.settings.get(name, default) for name, default in DEFAULTS.items()},
        "created_at": firm.created_at,
    }  # fmt: skip


ONE = enveloped("Firm", FirmBody())


class _FirmView(FirmAPIView):
    capability: ClassVar[dict[str, str]] = {"GET": "firm.manage", "PATCH": "firm.manage"}  # type: ignore[misc]
    api_scopes: ClassVar[dict[str, str]] = {"read": "firms:read", "write": "firms:write"}  # type: ignore[misc]


def _answer(firm: Firm) -> Response:
    answer = Response({"data": firm_body(firm)})
    answer["ETag"] = etag_of(firm.updated_at)
    return answer


class FirmView(_FirmView):
    """The key's firm."""

    @extend_schema(operation_id="firms_get", tags=["Firm"], responses={200: ONE, **refusals()})
    def get(self, request: Request) -> Response:
        """Return the firm."""
        return _answer(Firm.objects.get())


class FirmSettingsView(_FirmView):
    """Profile and settings."""

    @extend_schema(operation_id="firms_settings_change", tags=["Firm"], parameters=[IF_MATCH], request=FirmChange,
                   responses={200: ONE, **refusals(400, 412, 413)})  # fmt: skip
    def patch(self, request: Request) -> Response:
        """Change the given fields; answers with the whole firm."""
        firm = Firm.objects.select_for_update().get()
        require_match(request, firm.updated_at)
        wanted = checked(FirmChange, request.data)
        chosen = {**wanted.pop("settings", {}), **{name: wanted.pop(name) for name in DEFAULTS if name in wanted}}
        changed = sorted(name for name, value in wanted.items() if getattr(firm, name) != value)
        changed += sorted(f"settings.{name}" for name, value in chosen.items() if firm.settings.get(name) != value)
        if changed:
            for name, value in wanted.items():
                setattr(firm, name, value)
            firm.settings = {**firm.settings, **chosen}
            firm.save()
            record(action="firm.updated", object_type="firm", object_id=firm.id, changes={"fields": changed})
        return _answer(firm)


class MemberBody(Shape):
    """A member of the firm; `id` is what `assigned_attorney` takes."""

    id = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    active = serializers.BooleanField()


MEMBERS = enveloped("Members", MemberBody(many=True), paged=True)


def _member(row: Membership) -> dict[str, Any]:
    person = row.user
    return {
        "id": public_id("atty", uuid.UUID(str(person.pk))), "name": str(person), "email": person.email,
        "role": row.role, "active": row.active and person.is_active,
    }  # fmt: skip


class MembersView(_FirmView):
    """The people of the firm."""

    @extend_schema(operation_id="firms_members", tags=["Firm"], parameters=[PageQuery],
                   responses={200: MEMBERS, **refusals(400)})  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return the members, oldest first."""
        rows = Membership.objects.select_related("user").order_by("created_at", "id")
        query = checked(PageQuery, request.query_params)
        return paged(rows, query, lambda found: [_member(one) for one in found])


class UsageView(_FirmView):
    """Figures of the firm."""

    @extend_schema(operation_id="firms_usage", tags=["Firm"],
                   responses={200: enveloped("Usage", serializers.DictField(child=serializers.IntegerField())),
                              **refusals()})  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return counts by name."""
        counts = {"members": Membership.objects.filter(active=True).count()}
        for more in slots.fill("usage_counts"):
            counts.update(more)
        return Response({"data": counts})
