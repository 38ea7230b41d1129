"""Firms, the people who sign in, their memberships, and API keys."""

import hashlib
import secrets
import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from casehug.common.ids import uuid7
from casehug.common.models import BaseModel, FirmForeignKey, FirmModel
from casehug.common.scope import current_firm_id


class FirmRowManager(models.Manager["Firm"]):
    """Shows only the firm of the open scope."""

    def get_queryset(self) -> models.QuerySet["Firm"]:
        return super().get_queryset().filter(id=current_firm_id())


class Firm(BaseModel):
    """A law firm, the tenant. Row security on this table matches its own id."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    website = models.URLField(blank=True)
    address = models.JSONField(default=dict, blank=True)
    plan = models.CharField(max_length=40, blank=True)
    timezone = models.CharField(max_length=60, default="America/New_York")
    brand_color = models.CharField(max_length=7, default="#1F4E79")
    settings = models.JSONField(default=dict, blank=True)
    require_mfa = models.BooleanField(default=True)
    mfa_required_from = models.DateTimeField(null=True)
    """Until then people are asked, not forced, to set up a second factor; empty means at once."""
    demo = models.BooleanField(default=False)

    objects = FirmRowManager()

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Create a user; the address is kept as typed, compared without case."""
        user = self.model(email=email.strip(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who signs in by e-mail. Belongs to no firm by itself; `Membership` says where and as what."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)
    """Runs the installation; set by `manage.py make_operator` only, gives no right in any firm."""
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ()  # type: ignore[assignment]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.TextChoices):
    """What a member may do; the capability table is in `access.py`."""

    ADMIN = "admin", "Firm admin"
    ATTORNEY = "attorney", "Attorney"
    STAFF = "staff", "Intake staff"
    AUDITOR = "auditor", "Auditor"


class Membership(FirmModel):
    """A user in a firm, with one role."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    active = models.BooleanField(default=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["firm_id", "user"], name="membership_once")]


class TeamInvitation(FirmModel):
    """An invitation to join the firm: a link by e-mail, once, for a few days."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices)
    token_hash = models.BinaryField(unique=True)
    """SHA-256 of the link's secret; a new link replaces it."""
    invited_by = FirmForeignKey(Membership, related_name="+")
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                "firm_id", Lower("email"), condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_one_open",
            )  # fmt: skip
        ]


def hash_api_key(key: str) -> bytes:
    """Return the stored form of an API key (it has ≥ 128 random bits, so a plain hash is enough)."""
    return hashlib.sha256(key.encode()).digest()


class ApiKey(FirmModel):
    """A key of a firm's other tools: shown once, kept as a hash, scoped, revocable."""

    PREFIX = "ch_live_sk_"

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=24)
    key_hash = models.BinaryField(unique=True)
    scopes = models.JSONField(default=list)
    created_by = FirmForeignKey(Membership, null=True, related_name="+")
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    replaces_id = models.UUIDField(null=True)
    """The key this one was rotated from; both work until the older one's `expires_at`."""

    class Meta:
        base_manager_name = "objects"

    @classmethod
    def issue(
        cls, *, name: str, scopes: list[str], created_by: Membership | None = None, **more: Any
    ) -> tuple["ApiKey", str]:
        """Create a key in the open firm scope; returns the row and the clear key, which is never readable again."""
        clear = cls.PREFIX + secrets.token_urlsafe(32)
        row = cls(
            name=name, prefix=clear[:18], key_hash=hash_api_key(clear), scopes=scopes, created_by=created_by, **more
        )
        row.save()
        return row, clear


class IdempotentRequest(FirmModel):
    """A POST that came with an `Idempotency-Key` and what was answered (sealed: answers may hold secrets)."""

    owner_id = models.UUIDField()
    """The API key or the person that sent it."""
    key_hash = models.BinaryField()
    request_digest = models.BinaryField()
    """SHA-256 of method, path and body."""
    status_code = models.SmallIntegerField(null=True)
    """Empty while a request that talks to the outside is under way."""
    answer = models.BinaryField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["firm_id", "owner_id", "key_hash"], name="idempotent_key_once")]
        indexes = [models.Index(fields=["firm_id", "expires_at"], name="idempotent_expiry")]


class Notice(FirmModel):
    """Something that needs people of a firm: raised once, cleared once, mailed when it changes (`notices.py`)."""

    kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    title = models.CharField(max_length=150)
    text = models.TextField()
    """Never client data: it is mailed."""
    url = models.CharField(max_length=300)
    """Path of the one page where it is solved."""
    cleared_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    mails = models.IntegerField(default=0)
    """How often people were told; the mail about its end counts too."""
    mail_trouble = models.CharField(max_length=200, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "kind", "subject_id"], condition=Q(cleared_at__isnull=True), name="notice_one_open"
            )
        ]
        indexes = [models.Index(fields=["firm_id", "kind", "-created_at"], name="notice_recent")]


def new_firm_id() -> uuid.UUID:
    """Return an id for a firm about to be created (the scope must be opened with it before INSERT)."""
    return uuid7()
