"""What the API shows of the outside world on a matter (slots `matter_api_fields`, `matter_api_values`)."""

import uuid
from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from integrations.registry import providers
from integrations.selectors.states import state_of_matter
from integrations.sync.states import sync_state


class SyncShape(serializers.Serializer[dict[str, object]]):
    """Where the sync of a matter stands at one provider."""

    state = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_null=True)


def _keys() -> list[str]:
    return [one.key for one in providers() if "sync_matter" in one.operations]


def fields() -> dict[str, Any]:
    """Return the fields per provider: `<provider>_matter_id` (read-only) and `<provider>_sync`."""
    found: dict[str, Any] = {}
    for key in _keys():
        found[f"{key}_matter_id"] = serializers.CharField(allow_null=True)
        found[f"{key}_sync"] = SyncShape(allow_null=True)
    return found


def values(*, matter_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Return the values by matter; null where nothing was synced. A fixed number of queries per provider."""
    wanted = list(matter_ids)
    found: dict[uuid.UUID, dict[str, Any]] = {matter_id: {} for matter_id in wanted}
    for key in _keys():
        states = sync_state(wanted, provider_key=key)
        for matter_id in wanted:
            one = states.get(matter_id)
            remote = next((step.remote_id for step in one.steps if step.key == "matter"), "") if one else ""
            found[matter_id][f"{key}_matter_id"] = remote or None
            found[matter_id][f"{key}_sync"] = None
            if one is not None:
                shown = state_of_matter(one)
                found[matter_id][f"{key}_sync"] = {
                    "state": shown.state, "label": shown.label, "at": one.at, "url": one.url or None,
                    "error": one.error_text or None,
                }  # fmt: skip
    return found
