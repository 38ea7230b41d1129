"""Start-up checks: every listed provider loads and honours the contract, and the settle time is safe."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from integrations.registry import ProviderMistake, load

SAFE_SETTLE_SECONDS = 120


@register(Tags.compatibility)
def check_providers(**kwargs: Any) -> list[CheckMessage]:
    """Report each entry of `INTEGRATION_PROVIDERS` that does not load or misses a part of the contract."""
    problems: list[CheckMessage] = []
    for path in settings.INTEGRATION_PROVIDERS:
        try:
            load(path)
        except ProviderMistake as mistake:
            problems.append(Error(str(mistake), id="integrations.E001"))
    return problems


@register(Tags.compatibility, deploy=True)
def check_settle_time(**kwargs: Any) -> list[CheckMessage]:
    """Warn when the settle time is shorter than read timeout + server allowance + index delay."""
    if settings.SYNC_SETTLE_SECONDS >= SAFE_SETTLE_SECONDS:
        return []
    text = f"SYNC_SETTLE_SECONDS is below {SAFE_SETTLE_SECONDS}: an answer still on its way could become a duplicate."
    return [Warning(text, id="integrations.W001")]


@register(Tags.security, deploy=True)
def check_local_listeners(**kwargs: Any) -> list[CheckMessage]:
    """Refuse listeners of a local run anywhere else: they are reached without any check of their address."""
    if settings.CASEHUG_LOCAL or not (settings.OUTBOUND_LOCAL_TARGETS or settings.OUTBOUND_CA_FILE):
        return []
    return [Error("OUTBOUND_LOCAL_TARGETS and OUTBOUND_CA_FILE belong to local runs only.", id="integrations.E002")]
