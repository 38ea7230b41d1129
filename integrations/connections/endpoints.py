"""Where a provider is reached and as whom: read from settings `<KEY>_AUTHORIZE_URL`, `<KEY>_CLIENT_ID` …"""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from casehug.common.secret import Secret


@dataclass(frozen=True)
class Endpoints:
    """Addresses of one provider and our identity there. `redirect_uri` is sent exactly as registered."""

    authorize_url: str
    token_url: str
    api_url: str
    web_url: str
    client_id: str
    client_secret: Secret
    redirect_uri: str
    scope: str
    revoke_url: str

    @property
    def complete(self) -> bool:
        """Tell whether an authorisation can be started with these settings."""
        return bool(self.authorize_url and self.token_url and self.api_url and self.client_id and self.client_secret)


def _setting(provider_key: str, name: str) -> str:
    return str(getattr(settings, f"{provider_key.upper()}_{name}", "") or "")


def endpoints_for(provider_key: str) -> Endpoints:
    """Return the endpoints of a provider; missing settings are empty strings."""
    callback = settings.CASEHUG_BASE_URL.rstrip("/") + reverse("api-integrations-callback", args=[provider_key])
    return Endpoints(
        authorize_url=_setting(provider_key, "AUTHORIZE_URL"),
        token_url=_setting(provider_key, "TOKEN_URL"),
        api_url=_setting(provider_key, "API_URL"),
        web_url=_setting(provider_key, "WEB_URL"),
        client_id=_setting(provider_key, "CLIENT_ID"),
        client_secret=Secret(_setting(provider_key, "CLIENT_SECRET")),
        redirect_uri=_setting(provider_key, "REDIRECT_URI") or callback,
        scope=_setting(provider_key, "SCOPE"),
        revoke_url=_setting(provider_key, "REVOKE_URL"),
    )
