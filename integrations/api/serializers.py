"""Shapes of the integration routes: what comes in, what goes out. No token has a field here."""

from rest_framework import serializers

from casehug.firms.api_shapes import PageSerializer, PublicIdField
from integrations.connections.state import MOST_CALLS_PER_MINUTE

__all__ = ["PageSerializer", "PublicIdField"]


class SettingsSerializer(serializers.Serializer[dict[str, object]]):
    """Switches of a connection; on input every key is optional."""

    auto_sync_on_approval = serializers.BooleanField(required=False)
    auto_sync_on_matter_created = serializers.BooleanField(required=False)
    calls_per_minute = serializers.IntegerField(required=False, min_value=1, max_value=MOST_CALLS_PER_MINUTE)
    note_target = serializers.CharField(required=False, max_length=40)
    update_matched_contacts = serializers.BooleanField(required=False)


class AccountSerializer(serializers.Serializer[dict[str, object]]):
    """The connected account."""

    id = serializers.CharField()
    name = serializers.CharField()
    user_name = serializers.CharField()
    user_email = serializers.CharField()


class LastSyncSerializer(serializers.Serializer[dict[str, object]]):
    """The newest finished operation."""

    at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=["success", "failed"])
    matter_id = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_null=True)


class StatusSerializer(serializers.Serializer[dict[str, object]]):
    """State of a connection."""

    connected = serializers.BooleanField()
    state = serializers.CharField()
    state_reason = serializers.CharField()
    paused = serializers.BooleanField()
    account = AccountSerializer(allow_null=True)
    connected_at = serializers.DateTimeField(allow_null=True)
    settings = SettingsSerializer()
    last_sync = LastSyncSerializer(allow_null=True)
    waiting = serializers.IntegerField()
    failing = serializers.IntegerField()


class StatusChangeSerializer(serializers.Serializer[dict[str, object]]):
    """Changes to a connection: switches and pause."""

    settings = SettingsSerializer(required=False)
    paused = serializers.BooleanField(required=False)


class SyncStartSerializer(serializers.Serializer[dict[str, object]]):
    """The matter to sync."""

    matter_id = PublicIdField("mat")


class RunSerializer(serializers.Serializer[dict[str, object]]):
    """A sync that was queued (or the one under way that the request joined)."""

    id = serializers.CharField()
    matter_id = serializers.CharField()
    status = serializers.CharField()
    created_at = serializers.DateTimeField()


class OperationSerializer(serializers.Serializer[dict[str, object]]):
    """One operation of the log (CH-43)."""

    id = serializers.CharField()
    run_id = serializers.CharField(allow_null=True)
    matter_id = serializers.CharField(allow_null=True)
    timestamp = serializers.DateTimeField()
    action = serializers.CharField()
    status = serializers.ChoiceField(choices=["success", "failed", "checking", "nothing", "note"])
    remote_id = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField()
    error_class = serializers.CharField(allow_null=True)
    error_code = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_null=True)


class PageQuerySerializer(serializers.Serializer[dict[str, object]]):
    """Which page of the log, and which rows of it."""

    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=100_000)
    per_page = serializers.IntegerField(required=False, default=20, min_value=1, max_value=100)
    status = serializers.ChoiceField(
        required=False, default="", choices=["success", "failed", "checking", "nothing", "note"], allow_blank=True
    )
    matter_id = PublicIdField("mat", required=False)


class MappingSerializer(serializers.Serializer[dict[str, object]]):
    """One row of the case type mappings."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    stage_id = serializers.CharField(allow_null=True)
    stage_name = serializers.CharField(allow_null=True)
    practice_area_id = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=["default", "chosen", "needs_choice", "gone"])
    follows = serializers.CharField(allow_null=True)
    matters = serializers.IntegerField()


class MappingChangeSerializer(serializers.Serializer[dict[str, object]]):
    """A row to change; an absent id stays as it is, an empty one is cleared."""

    key = serializers.CharField(max_length=80)
    stage_id = serializers.CharField(required=False, allow_blank=True, max_length=80)
    practice_area_id = serializers.CharField(required=False, allow_blank=True, max_length=80)


class MappingsChangeSerializer(serializers.Serializer[dict[str, object]]):
    """The rows to change."""

    mappings = MappingChangeSerializer(many=True)


class DoneSerializer(serializers.Serializer[dict[str, object]]):
    """A plain yes."""

    success = serializers.BooleanField()
