"""App config of `casehug.outbox`."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """See the package's modules."""

    name = "casehug.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"
