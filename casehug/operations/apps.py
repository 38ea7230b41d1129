"""App config of `casehug.operations`."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """See the package's modules."""

    name = "casehug.operations"
    label = "operations"
    default_auto_field = "django.db.models.BigAutoField"
