"""Fillers of two slots: the set-up steps of each connection on the dashboard, and what an approval will start."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from casehug.intake.models import Matter
from integrations.contract.provider import Provider
from integrations.mappings.case_type_table import NEEDS_CHOICE, stored_rows
from integrations.mappings.case_types import mapping_rows
from integrations.models import Connection
from integrations.selectors.connections import connection_pairs
from integrations.selectors.figures import figures
from integrations.selectors.form_plan import effect_words


def setup_steps(*, request: HttpRequest) -> list[dict[str, Any]]:
    """Return connect → check the mappings → first sync, for every provider that can sync matters."""
    pairs = [pair for pair in connection_pairs() if "sync_matter" in pair[0].operations]
    return [step for declared, row in pairs for step in _steps(declared, row)]


def _steps(declared: Provider, row: Connection | None) -> list[dict[str, Any]]:
    connected = row is not None and row.state == Connection.State.CONNECTED
    mapped = row is not None and connected and _all_mapped(row)
    synced = row is not None and connected and figures(row).linked
    mappings = reverse("integration_case_types", args=[declared.key]) if connected else ""
    return [
        {"label": f"Connect {declared.name}", "done": connected, "url": reverse("integration", args=[declared.key])},
        {"label": "Choose a stage for every case type", "done": mapped, "url": mappings},
        {"label": "Sync a first matter", "done": synced, "url": reverse("matters") if connected else ""},
    ]


def _all_mapped(row: Connection) -> bool:
    """Whether every case type has a stage, its own or one that it follows; asked in full only when one has none."""
    if all(one.stage_id for one in stored_rows(row).values()):
        return True
    return not any(one.state == NEEDS_CHOICE and not one.is_area for one in mapping_rows(row))


def approval_effect(*, matter: Matter) -> str:
    """Return in one sentence what approving this matter's intake starts; empty when it starts nothing."""
    names = [
        declared.name
        for declared, row in connection_pairs()
        if row is not None and row.state == Connection.State.CONNECTED and row.auto_sync_on_approval and not row.paused
    ]
    if not names:
        return "Nothing is sent anywhere by this approval."
    return (
        f"{effect_words(matter, ' and '.join(names))} "
        "Automations there may write to the client; this cannot be called back."
    )
