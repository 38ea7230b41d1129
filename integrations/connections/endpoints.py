"""Where a provider is reached and as whom: read from settings `<KEY>_AUTHORIZE_URL`, `<KEY>_CLIENT_ID` …"""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from casehug.common.secret import Secret
from integrations.contract.auth import ApiKey
from integrations.contract.provider import Provider


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


def api_base(declared: Provider, environment: str = "") -> str:
    """Return where a provider's API is: the installation's setting, else the provider's own host of an environment.

    Settings `<KEY>_API_URL` and `<KEY>_BASE_URL` both count; "" when nothing is known.
    """
    given = _setting(declared.key, "API_URL") or _setting(declared.key, "BASE_URL")
    hosts = declared.auth.hosts if isinstance(declared.auth, ApiKey) else {}
    return given or hosts.get(environment, "")


def is_configured(declared: Provider) -> bool:
    """Tell whether this installation can start connecting: client id and addresses, or for keys a host to use."""
    if isinstance(declared.auth, ApiKey):
        return bool(api_base(declared) or declared.auth.hosts)
    return endpoints_for(declared.key).complete
