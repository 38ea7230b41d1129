"""App config of `casehug.firms`."""

from django.apps import AppConfig


class FirmsConfig(AppConfig):
    """See the package's modules."""

    name = "casehug.firms"
    label = "firms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the API description's extensions."""
        import casehug.firms.api_schema  # noqa: F401
