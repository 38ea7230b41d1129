"""Django app of the intake core."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Registers the intake models under the label `intake`."""

    name = "casehug.intake"
    label = "intake"
    verbose_name = "Intake"
