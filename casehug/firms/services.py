"""Writes on firms and their people."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone as clock
from django.utils.module_loading import import_string

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Membership, Role, User, new_firm_id

FIRST_DAYS = timedelta(days=14)
"""How long the people of a new firm are asked, not forced, to set up a second factor."""


def create_firm(*, name: str, slug: str, timezone: str = "America/New_York", demo: bool = False, **extra: Any) -> Firm:
    """Create a firm and what every firm starts with (settings `FIRM_CREATED_HOOKS`). Opens its own scope.

    Returns the firm. Raises `IntegrityError` when the slug is taken.
    """
    firm_id = new_firm_id()
    with firm_scope(firm_id):
        rule = {"require_mfa": not demo, "mfa_required_from": None if demo else clock.now() + FIRST_DAYS}
        firm = Firm(id=firm_id, name=name, slug=slug, timezone=timezone, demo=demo, **{**rule, **extra})
        firm.save(force_insert=True)
        for path in settings.FIRM_CREATED_HOOKS:
            import_string(path)()
    return firm


def add_member(*, firm_id: uuid.UUID, email: str, name: str, role: Role, password: str | None = None) -> Membership:
    """Add a person to a firm, making the user when the address is new. Idempotent; updates the role."""
    with firm_scope(firm_id):
        user = User.objects.filter(email__iexact=email.strip()).first()
        if user is None:
            user = User.objects.create_user(email, password, name=name)
        membership, _ = Membership.objects.update_or_create(user=user, defaults={"role": role, "active": True})
    found: Membership = membership
    return found
