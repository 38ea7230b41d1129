"""Root URLs: product pages, sign-in, health, API description; other apps' routes come from settings."""

from django.conf import settings
from django.urls import include, path, register_converter

from casehug.common import health
from casehug.common.ids import converter_for
from casehug.firms import api_urls

for _prefix in ("mat", "cli", "doc", "upl", "run", "con", "lnk", "imp", "ctp", "mem", "tin", "era", "exp"):
    register_converter(converter_for(_prefix), _prefix)

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("casehug.firms.account_urls")),
    *[path("", include(urlconf)) for urlconf in settings.EXTRA_URLCONFS],
    path("", include("casehug.operations.urls")),
    path("", include("casehug.data_duties.urls")),
    path("", include("casehug.firms.urls")),
    path("", include("casehug.intake.urls")),
    path("", include("casehug.referrals.urls")),
    path("", include("casehug.intake.api.urls")),
    path("", include("casehug.firms.api_urls")),
    *api_urls.last_urlpatterns,
]

handler400 = "casehug.firms.error_pages.bad_request"
handler403 = "casehug.firms.error_pages.forbidden"
handler404 = "casehug.firms.error_pages.not_found"
handler500 = "casehug.firms.error_pages.server_error"
