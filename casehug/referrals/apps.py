"""Django app of the referrals."""

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    """Registers the referral models under the label `referrals`."""

    name = "casehug.referrals"
    label = "referrals"
    verbose_name = "Referrals"
