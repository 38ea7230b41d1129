"""App config of `casehug.data_duties`."""

from django.apps import AppConfig


class DataDutiesConfig(AppConfig):
    """See the package's modules."""

    name = "casehug.data_duties"
    label = "data_duties"
    default_auto_field = "django.db.models.BigAutoField"
