"""The notices about referrals; settings `NOTICE_KINDS` names this list."""

from casehug.firms.models import Role
from casehug.firms.notices import NoticeKind

ARRIVED, DEADLINE, ESCALATED = "referral.arrived", "referral.deadline", "referral.escalated"
EXPIRED, LOST, UNSURE = "referral.expired", "referral.lost", "referral.unsure"
LEAD = "referral.lead"
_DECIDERS = (Role.ATTORNEY.value, Role.ADMIN.value)
KINDS = (
    NoticeKind(
        ARRIVED, "A case is offered", "Another firm invites you to take a case.",
        capability="referrals.view", roles=_DECIDERS,
    ),
    NoticeKind(
        DEADLINE, "An invitation is running out", "At half and 90 % of its life, 24 hours, 2 hours, 30 minutes before.",
        capability="referrals.view", roles=_DECIDERS,
    ),
    NoticeKind(
        ESCALATED, "Nobody acknowledged the alarm of an invitation", "After an hour, or sooner when time is short.",
        capability="referrals.view",
    ),
    NoticeKind(
        EXPIRED, "An invitation expired unanswered", "The sender may offer the case to another firm.",
        capability="referrals.view", roles=_DECIDERS,
    ),
    NoticeKind(
        UNSURE, "Somebody has to say whether something arrived",
        "Sent to the exchange, never answered, and nothing says whether it is there.",
        capability="referrals.view", roles=_DECIDERS,
    ),
    NoticeKind(
        LEAD, "A person offered a case by your lead form", "It goes to the referral exchange by itself.",
        capability="referrals.view", roles=_DECIDERS,
    ),
    NoticeKind(
        LOST, "A case you referred out found no firm", "No partner was found, or all have declined.",
        capability="referrals.view", roles=_DECIDERS,
    ),
)  # fmt: skip
