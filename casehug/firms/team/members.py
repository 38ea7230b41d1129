"""Members: roles, access, lost second factors, and whether the firm asks for a second factor. In the firm scope."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Exists, OuterRef
from django.utils import timezone

from casehug.audit.services import record
from casehug.firms import second_factor
from casehug.firms.access import memberships_of
from casehug.firms.models import Firm, Membership, Role
from casehug.firms.team.errors import NotThere, TeamError

LAST_ADMIN = "{name} is the only firm admin. Make somebody else a firm admin first."
ELSEWHERE = "This person also belongs to another firm. Your operator can remove the second factor after a check."
LONGEST_GRACE_DAYS = 90


@dataclass(frozen=True)
class MemberLine:
    """One member as the team page shows it."""

    member: Membership
    has_second_factor: bool
    is_self: bool
    only_admin: bool

    @property
    def works(self) -> bool:
        """Whether this person can sign in and work for the firm."""
        return bool(self.member.active and self.member.user.is_active)


def lines(*, membership_id: uuid.UUID) -> list[MemberLine]:
    """Return all members for the member who looks, active ones first."""
    factor = Exists(Authenticator.objects.filter(user_id=OuterRef("user_id")))
    members = Membership.objects.select_related("user").annotate(factor=factor)
    rows = list(members.order_by("-active", "user__name", "id"))
    admins = [row.id for row in rows if _rules(row)]
    return [MemberLine(row, row.factor, row.id == membership_id, admins == [row.id]) for row in rows]


def _rules(row: Membership) -> bool:
    return bool(row.role == Role.ADMIN and row.active and row.user.is_active)


def _locked(membership_id: uuid.UUID) -> tuple[Membership, bool]:
    """Lock all members in one order and return the one asked for and whether it is the only admin.

    Raises `NotThere` for an unknown one, as does everything that names a member.
    """
    rows = list(Membership.objects.select_for_update(of=("self",)).select_related("user").order_by("id"))
    found = next((row for row in rows if row.id == membership_id), None)
    if found is None:
        raise NotThere(str(membership_id))
    return found, [row.id for row in rows if _rules(row)] == [found.id]


def change_role(*, membership_id: uuid.UUID, role: str) -> bool:
    """Give a member another role; their open sessions end, so that nothing old stays open. Returns whether it changed.

    Raises `TeamError` for the last firm admin and for a role that does not exist.
    """
    member, only_admin = _locked(membership_id)
    if role not in Role.values:
        raise TeamError("Choose one of the roles in the list.")
    if member.role == role:
        return False
    if only_admin:
        raise TeamError(LAST_ADMIN.format(name=member.user))
    record(action="team.role", object_type="membership", object_id=member.id,
           changes={"from": member.role, "to": str(role)})  # fmt: skip
    member.role = role
    member.save()
    end_sessions(member)
    return True


def set_active(*, membership_id: uuid.UUID, active: bool) -> bool:
    """Switch a member's access to the firm on or off; off ends their sessions. Returns whether it changed.

    Raises `TeamError` for the last firm admin.
    """
    member, only_admin = _locked(membership_id)
    if member.active == active:
        return False
    if only_admin and not active:
        raise TeamError(LAST_ADMIN.format(name=member.user))
    record(action="team.access", object_type="membership", object_id=member.id, changes={"active": active})
    member.active = active
    member.save()
    if not active:
        end_sessions(member)
    return True


def end_sessions(member: Membership) -> int:
    """Sign a person out everywhere; returns how many sessions ended."""
    sessions = list(UserSession.objects.filter(user=member.user))
    for session in sessions:
        session.end()
    return len(sessions)


def remove_second_factor(*, membership_id: uuid.UUID) -> None:
    """Remove the second factor of a member who lost it, and sign them out everywhere.

    Raises `TeamError` when the person belongs to another firm too: one firm must not weaken another's protection.
    """
    member, _ = _locked(membership_id)
    if len(memberships_of(member.user_id)) > 1:
        raise TeamError(ELSEWHERE)
    removed = second_factor.remove_all(member.user)
    end_sessions(member)
    record(action="team.second_factor_removed", object_type="membership", object_id=member.id,
           changes={"removed": removed})  # fmt: skip


def require_second_factor(*, required: bool, grace_days: int = 0) -> datetime | None:
    """Set whether the firm asks everybody for a second factor, and after how many days; returns from when on.

    Raises `TeamError` for a demo firm and for a grace outside 0–90 days.
    """
    firm = Firm.objects.select_for_update().get()
    if firm.demo:
        raise TeamError("The demo firm never asks for a second factor.")
    if not 0 <= grace_days <= LONGEST_GRACE_DAYS:
        raise TeamError(f"Choose between 0 and {LONGEST_GRACE_DAYS} days.")
    start = timezone.now() + timedelta(days=grace_days) if required else None
    if required and firm.require_mfa and firm.mfa_required_from and start and firm.mfa_required_from <= start:
        return firm.mfa_required_from  # pressing again does not postpone what was announced
    record(action="firm.second_factor", object_type="firm", object_id=firm.id,
           changes={"from": firm.require_mfa, "to": required, "days": grace_days})  # fmt: skip
    firm.require_mfa, firm.mfa_required_from = required, start
    firm.save()
    return start
