"""The app of the outside world: registers its start-up checks."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Connections, mappings and the engines that talk to providers."""

    name = "integrations"
    label = "integrations"

    def ready(self) -> None:
        from integrations import checks  # noqa: F401  (registers the checks once the registry of apps is ready)
