"""App config of `casehug.audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """See the package's modules."""

    name = "casehug.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Append the audit entries of each firm scope as its last act."""
        from casehug.audit.services import append_pending
        from casehug.common import scope

        if append_pending not in scope.at_end:
            scope.at_end.append(append_pending)
