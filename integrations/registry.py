"""Providers by key, loaded from dotted strings in settings; nothing else ever imports a provider."""

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from integrations.contract.provider import Provider


class ProviderMistake(ImproperlyConfigured):
    """An entry of `INTEGRATION_PROVIDERS` does not load or does not honour the contract."""


class UnknownProvider(LookupError):
    """No provider with this key is configured."""


def load(path: str) -> Provider:
    """Import one provider by its dotted string and check its form. Raises `ProviderMistake` with the reason."""
    try:
        found = import_string(path)
    except ImportError as error:
        raise ProviderMistake(f"{path}: {error}") from error
    if not isinstance(found, Provider):
        raise ProviderMistake(f"{path} is not a Provider")
    for key, operation in found.operations.items():
        seen = [step.key for step in operation.steps]
        if operation.key != key or len(set(seen)) != len(seen):
            raise ProviderMistake(f"{path}: operation {key} has a wrong name or the same step twice")
    return found


@cache
def _by_key(paths: tuple[str, ...]) -> dict[str, Provider]:
    loaded = [load(path) for path in paths]
    if len({one.key for one in loaded}) != len(loaded):
        raise ProviderMistake("two providers use the same key")
    return {one.key: one for one in loaded}


def providers() -> list[Provider]:
    """Return every configured provider in the order of the settings."""
    return list(_by_key(tuple(settings.INTEGRATION_PROVIDERS)).values())


def provider(key: str) -> Provider:
    """Return the provider with this key (`lawmatics`); raise `UnknownProvider` otherwise."""
    found = _by_key(tuple(settings.INTEGRATION_PROVIDERS)).get(key)
    if found is None:
        raise UnknownProvider(key)
    return found


def name_of(key: str) -> str:
    """Return what people call a provider; its key when this installation no longer has it, for its old records."""
    found = _by_key(tuple(settings.INTEGRATION_PROVIDERS)).get(key)
    return found.name if found is not None else key.capitalize()
