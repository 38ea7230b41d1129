"""Sign-in rules on top of django-allauth: no public sign-up, an atomic throttle, one answer for every failure."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse

from casehug.common import throttle
from casehug.firms.access import memberships_of
from casehug.firms.fresh import is_fresh

TOO_MANY = "Too many attempts. Please wait {minutes} minutes and try again, or reset your password."


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes sign-up (members are invited) and throttles sign-in by account and by address."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str = "") -> bool:
        return not is_fresh(self.request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        keys = (("login-account", str(credentials.get("email", "")).strip().lower(), settings.LOGIN_LIMIT_PER_ACCOUNT),
                ("login-address", request.META.get("REMOTE_ADDR", ""), settings.LOGIN_LIMIT_PER_ADDRESS))  # fmt: skip
        waits = [
            throttle.hit(name=name, key=key, limit=limit, window_seconds=settings.LOGIN_WINDOW_SECONDS)
            for name, key, limit in keys
            if key
        ]
        if max(waits, default=0):
            raise ValidationError(TOO_MANY.format(minutes=max(1, max(waits) // 60)))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead an operator who belongs to no firm to the operator's page; everybody else to the start page."""
        user: Any = request.user
        if user.is_authenticated and user.is_operator and not memberships_of(user.pk):
            return reverse("operations")
        return str(super().get_login_redirect_url(request))

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        throttle.clear(name="login-account", key=user.email.strip().lower())
        return super().post_login(request, user, **kwargs)
