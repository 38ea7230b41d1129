"""One vocabulary for states and one wording for times, durations and sizes, used by every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class StateWord:
    """How a state looks and what it is called: icon of the sprite, colour role, default label."""

    icon: str
    role: str
    label: str


_QUEUED = StateWord("clock", "neutral", "Queued")
_DONE = StateWord("tick", "done", "Synced")
_FAILED = StateWord("octagon", "failed", "Failed")
_LEFT_OUT = StateWord("slash", "neutral", "Left out")
_UNCHANGED = StateWord("equals", "done", "Nothing to change")

STATES: dict[str, StateWord] = {
    # work items and sync steps
    "ready": _QUEUED,
    "queued": _QUEUED,
    "running": StateWord("arrows", "running", "Syncing"),
    "waiting": StateWord("hourglass", "waiting", "Waiting"),
    "unknown": StateWord("question", "unknown", "Unknown — checking"),
    "done": _DONE,
    "unchanged": _UNCHANGED,
    "noted": StateWord("tick-dot", "attention", "Synced with notes"),
    "held": StateWord("pause", "attention", "Waiting for a person"),
    "dead": _FAILED,
    "failed": _FAILED,
    "left_out": _LEFT_OUT,
    "skipped": _LEFT_OUT,
    "cancelled": StateWord("square", "neutral", "Cancelled"),
    # connection and switches
    "not_connected": StateWord("slash", "neutral", "Not connected"),
    "connected": StateWord("tick", "done", "Connected"),
    "needs_reconnect": StateWord("warning", "attention", "Reconnect needed"),
    "different_account": StateWord("warning", "attention", "Different account"),
    "on": StateWord("tick", "done", "On"),
    "paused": StateWord("pause", "attention", "Paused"),
    "off": StateWord("slash", "neutral", "Off"),
    # documents and checklist items
    "requested": StateWord("ring", "neutral", "Requested"),
    "pending": StateWord("eye", "attention", "To review"),
    "approved": StateWord("tick", "done", "Approved"),
    "rejected": StateWord("warning", "attention", "Sent back"),
    # incoming events and outgoing deliveries
    "applied": StateWord("tick", "done", "Applied"),
    "nothing_to_change": _UNCHANGED,
    "logged_only": StateWord("note", "neutral", "Logged only"),
    "no_linked_matter": StateWord("slash", "neutral", "No linked matter"),
    "duplicate": StateWord("equals", "neutral", "Duplicate"),
    "not_verified": StateWord("warning", "attention", "Not verified"),
    "verified_later": StateWord("tick", "done", "Verified later"),
    "delivered": StateWord("tick", "done", "Delivered"),
    "gave_up": StateWord("octagon", "failed", "Gave up"),
    # mappings
    "default": StateWord("dot", "neutral", "Default"),
    "chosen": StateWord("tick", "done", "Chosen"),
    "needs_choice": StateWord("warning", "attention", "Needs a choice"),
    "gone": StateWord("octagon", "failed", "Gone"),
    "valid": StateWord("tick", "done", "Valid"),
    "expired": StateWord("slash", "neutral", "Expired"),
    "revoked": StateWord("slash", "neutral", "Revoked"),
}


def state_word(state: str) -> StateWord:
    """Take a state name; return its look. A name we do not know is shown neutrally, never as an error."""
    return STATES.get(state) or StateWord("dot", "neutral", state.replace("_", " ").capitalize())


def duration_words(seconds: float) -> str:
    """Take seconds; return “45 s”, “12 min”, “5 h 12 min”, “2 days 3 h”."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < DAY:
        minutes = whole % HOUR // MINUTE
        return f"{whole // HOUR} h {minutes} min" if minutes else f"{whole // HOUR} h"
    days, hours = whole // DAY, whole % DAY // HOUR
    named = "1 day" if days == 1 else f"{days} days"
    return f"{named} {hours} h" if hours and days < 30 else named


def relative_words(moment: datetime, now: datetime) -> str:
    """Take two aware moments; return “just now”, “4 min ago”, “in 2 days 3 h”. static/app.js words it the same."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 45:
        return "just now"
    rounded = max(MINUTE, abs(seconds))
    words = f"{int(rounded // HOUR)} h" if HOUR <= rounded < DAY else duration_words(rounded)
    return f"{words} ago" if seconds > 0 else f"in {words}"


def absolute_words(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """Take an aware moment and the firm's zone; return “3 May, 2:05 pm EDT”, with the year when it is another one."""
    local = moment.astimezone(zone)
    year = "" if local.year == now.astimezone(zone).year else f" {local.year}"
    half = "am" if local.hour < 12 else "pm"
    name = local.tzname() or "UTC"
    name = f"UTC{name}" if name[0] in "+-" else name
    return f"{local.day} {local:%b}{year}, {local.hour % 12 or 12}:{local:%M} {half} {name}"


def utc_words(moment: datetime) -> str:
    """Take an aware moment; return it machine-readably in UTC: “2026-05-03T18:05:00Z”."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def countdown_words(deadline: datetime, now: datetime) -> tuple[str, str]:
    """Take a deadline; return words and colour role, which steps up at 24 h, 2 h and 30 min before it."""
    left = (deadline - now).total_seconds()
    if left <= 0:
        return "Time is over", "failed"
    role = "neutral" if left > DAY else "waiting" if left > 2 * HOUR else "attention" if left > HOUR / 2 else "failed"
    return f"{duration_words(left)} left", role


def size_words(size: int) -> str:
    """Take bytes; return “840 kB” or “2.4 MB”, counted as file managers do (1 MB = 1024 × 1024)."""
    if size < 1024:
        return f"{size} bytes"
    if size < 1024**2:
        return f"{round(size / 1024)} kB"
    return f"{size / 1024**2:.1f} MB".replace(".0 ", " ")


def band_colours(colour: str) -> dict[str, str]:
    """Take a firm's colour as #RRGGBB; return it with the ink (black or white) that reads better on it."""
    digits = colour.removeprefix("#")
    if len(digits) != 6 or any(letter not in "0123456789abcdefABCDEF" for letter in digits):
        digits = "1F4E79"
    shares = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    # Equal contrast against black and white lies at (L + 0.05)² = 1.05 × 0.05.
    return {"colour": f"#{digits}", "ink": "black" if (luminance + 0.05) ** 2 > 0.0525 else "white"}
