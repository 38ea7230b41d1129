"""Makes one valid row of any firm table from its model, so that the tenant matrix covers tables nobody thought of."""

import os
import secrets
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone

from casehug.audit.models import AuditEntry
from casehug.audit.services import record
from casehug.common.ids import uuid7
from casehug.common.models import FirmModel

# Tables without firm_id, each with the reason why it belongs to no firm.
SHARED_TABLES = {
    "firms_firm": "the firm itself; its policy matches its own id",
    "firms_user": "a person may belong to several firms",
    "common_throttle": "counted before a firm is known; hashed keys only",
    "common_canary": "queue names only",
    "common_standstill": "one row while the operator has paused everything outgoing",
    "common_operatorentry": "what operators did to the installation; firms as ids only",
    "django_session": "opened before a firm is known",
    "django_migrations": "Django's own",
    "django_content_type": "Django's own",
    "auth_permission": "Django's own, unused",
    "auth_group": "Django's own, unused",
    "auth_group_permissions": "Django's own, unused",
    "account_emailaddress": "belongs to a user",
    "account_emailconfirmation": "belongs to a user",
    "mfa_authenticator": "belongs to a user",
    "usersessions_usersession": "belongs to a user",
}


# Values that a check constraint asks for.
SPECIAL = {("intake_upload", "sha256"): "0" * 64, ("referrals_invitation", "conflict_result"): ""}


def firm_models() -> list[type[models.Model]]:
    """Return every model whose rows belong to a firm."""
    return [model for model in apps.get_models() if issubclass(model, FirmModel)]


def field_value(field: Any, depth: int = 0) -> Any:
    """Return a value this field takes."""
    special = SPECIAL.get((field.model._meta.db_table, field.name))
    if special is not None:
        return special
    if isinstance(field, models.ForeignKey):
        return (
            make_row(field.related_model, depth + 1) if issubclass(field.related_model, FirmModel) else _shared(field)
        )
    if field.choices:
        return next(iter(field.choices))[0]
    makers: list[tuple[type, Any]] = [
        (models.UUIDField, uuid7),
        (models.DateTimeField, lambda: timezone.now() + timedelta(days=1)),
        (models.DateField, lambda: timezone.now().date()),
        (models.BinaryField, lambda: os.urandom(32)),
        (models.BooleanField, lambda: False),
        (models.JSONField, dict),
        (models.FloatField, lambda: 1.0),
        (models.IntegerField, lambda: 1),
        (models.EmailField, lambda: f"{secrets.token_hex(4)}@example.com"),
        (models.FileField, lambda: "f"),
        (models.CharField, lambda: secrets.token_hex(4)[: field.max_length or 8]),
        (models.TextField, lambda: "x"),
    ]
    return next(make() for kind, make in makers if isinstance(field, kind))


def _shared(field: Any) -> Any:
    from casehug.firms.models import User

    return User.objects.create_user(f"{secrets.token_hex(4)}@example.com")


def make_row(model: Any, depth: int = 0) -> Any:
    """Create a row of this model (and of the firm rows it points at) in the open scope."""
    if model is AuditEntry:
        record(action="row.made", object_type="row")
        return AuditEntry.objects.latest("seq")
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        given = field.name in ("id", "firm_id", "created_at", "updated_at") or field.has_default()
        if given or field.null or (field.blank and not field.choices):
            continue
        values[field.name] = field_value(field, depth)
    row = model(**values)
    row.save(force_insert=True)
    return row
