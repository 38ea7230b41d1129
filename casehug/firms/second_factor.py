"""The second factor on top of django-allauth: sealed secrets, an atomic throttle, codes that count once."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.core.exceptions import ValidationError

from casehug.common import throttle
from casehug.common.encryption import active_kek_id
from casehug.common.person_secrets import kek_id_of, open_for_person, seal_for_person

TOO_MANY = "Too many wrong codes. Please wait {minutes} minutes and try again."
USED = "This code was used already. Wait for the next one."
CODE_LIVES_SECONDS = 120
SEALED = {Authenticator.Type.TOTP: ("secret",), Authenticator.Type.RECOVERY_CODES: ("seed", "migrated_codes")}


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of authenticators sealed and names things in words people know."""

    def encrypt(self, text: str) -> str:
        return seal_for_person(text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_for_person(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        known = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "Passkey" if not known else f"Passkey {known + 1}"


class _Throttled:
    """Five wrong codes in fifteen minutes, counted in the database; a code that was accepted is never taken again."""

    user: Any

    def clean_code(self) -> str:
        seconds = throttle.hit(
            name="mfa", key=str(self.user.pk), limit=settings.MFA_LIMIT_PER_ACCOUNT,
            window_seconds=settings.LOGIN_WINDOW_SECONDS,
        )  # fmt: skip
        if seconds:
            raise ValidationError(TOO_MANY.format(minutes=max(1, seconds // 60)))
        code: str = super().clean_code()  # type: ignore[misc]
        # allauth remembers used codes per process; the other web processes must know too.
        digits = "".join(filter(str.isalnum, code))
        if throttle.hit(name="mfa-used", key=f"{self.user.pk}:{digits}", limit=1, window_seconds=CODE_LIVES_SECONDS):
            raise ValidationError(USED)
        throttle.clear(name="mfa", key=str(self.user.pk))
        return code


class AuthenticateForm(_Throttled, forms.AuthenticateForm):  # type: ignore[misc]
    """The code at sign-in."""


class ReauthenticateForm(_Throttled, forms.ReauthenticateForm):  # type: ignore[misc]
    """The code before something that needs a fresh sign-in."""


def reseal_all() -> int:
    """Seal every person's secrets with the active key-encryption key; returns how many changed. Resumable."""
    changed = 0
    for row in Authenticator.objects.filter(type__in=list(SEALED)).iterator():
        old = dict(row.data)
        for name in SEALED[row.type]:
            row.data[name] = _resealed(row.data[name]) if row.data.get(name) else row.data.get(name)
        if row.data != old:
            # Compare and swap: a code used meanwhile changes the row and must not be brought back.
            changed += Authenticator.objects.filter(pk=row.pk, data=old).update(data=row.data)
    return changed


def _resealed(value: Any) -> Any:
    if isinstance(value, list):
        return [_resealed(one) for one in value]
    return value if kek_id_of(value) == active_kek_id() else seal_for_person(open_for_person(value))


def kek_ids() -> set[str]:
    """Return the ids of the key-encryption keys that people's secrets need."""
    rows = Authenticator.objects.filter(type__in=list(SEALED)).values_list("type", "data")
    texts = [text for kind, data in rows for name in SEALED[kind] for text in _texts(data.get(name))]
    return {kek_id_of(text) for text in texts} - {""}


def _texts(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def remove_all(user: Any) -> int:
    """Remove every factor of a person (who lost them); returns how many there were."""
    count: int = Authenticator.objects.filter(user=user).delete()[0]
    return count


def unused_codes(user: Any) -> int | None:
    """Return how many recovery codes are left, None when there are none set up."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(RecoveryCodes(row).get_unused_codes()) if row else None
