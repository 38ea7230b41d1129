"""Make the tables and one endpoint with a secret; print the path of its receiver. Runs in the rival's environment."""

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.rival.settings"


def main(secret: str) -> None:
    """Migrate, make the endpoint, print its path."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.urls import reverse
    from djstripe.models import WebhookEndpoint  # type: ignore[import-not-found]

    call_command("migrate", "auth", verbosity=0)  # dj-stripe's tables point at it
    call_command("migrate", run_syncdb=True, verbosity=0)
    endpoint = WebhookEndpoint.objects.create(
        id="we_measured", livemode=False, url="https://casehug.example/", secret=secret, enabled_events=["*"],
        status="enabled", stripe_data={"secret": secret, "status": "enabled", "enabled_events": ["*"]},
    )  # fmt: skip
    print(reverse("djstripe:djstripe_webhook_by_uuid", kwargs={"uuid": endpoint.djstripe_uuid}))


if __name__ == "__main__":
    main(sys.argv[1])
