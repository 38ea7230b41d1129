"""App config of `casehug.audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """See the package's modules."""

    name = "casehug.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
