"""Refusals of the referrals; the classes are those of the intake core, so that doors treat them alike."""

from casehug.intake.errors import Invalid, NotFound, Refused

__all__ = ["Invalid", "NotFound", "Refused", "no_exchange"]

NO_EXCHANGE = (
    "No referral exchange is connected, so nothing can be sent. A firm admin connects one under Settings, Integrations."
)


def no_exchange() -> Refused:
    """Return the refusal of everything that has to reach the other firm while no exchange is connected."""
    return Refused("no_exchange", NO_EXCHANGE)
