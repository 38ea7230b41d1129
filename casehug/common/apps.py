"""App config of `casehug.common`."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """See the package's modules."""

    name = "casehug.common"
    label = "common"
    default_auto_field = "django.db.models.BigAutoField"
