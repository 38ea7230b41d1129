"""Kinds of notices about a connection, and raising those about its state, in the transaction that changes it."""

from datetime import timedelta

from django.urls import reverse

from casehug.firms.notices import NoticeKind, clear_notice, raise_notice
from integrations.models import Connection
from integrations.registry import provider

RECONNECT, OTHER_ACCOUNT = "connection.reconnect", "connection.other_account"
SILENCE, SIGNATURES, QUARANTINE = "inbound.silence", "inbound.signatures", "inbound.quarantine"
PAGE = "integrations.view"
QUIET = timedelta(hours=4)
"""An alarm that comes and goes is mailed once in this time."""

KINDS = (
    NoticeKind(
        RECONNECT, "Reconnect needed", "A connected system no longer accepts our access: syncs wait until a firm admin"
        " reconnects. Mailed when it happens, and again every three days while it stands.",
        PAGE, remind=timedelta(days=3),
    ),
    NoticeKind(
        OTHER_ACCOUNT, "Another account was connected", "Nothing is sent until a firm admin chooses which account to"
        " use. Mailed when nobody has chosen for four hours.",
        PAGE, wait=QUIET, remind=timedelta(days=3),
    ),
    NoticeKind(
        SILENCE, "Webhooks are silent", "Changes are found by reading, but no webhook has told of them. Nothing is"
        " lost; changes only arrive later.",
        PAGE, quiet=QUIET, tells_end=True,
    ),
    NoticeKind(
        SIGNATURES, "Webhooks cannot be verified", "Events arrive with signatures that no stored secret explains. They"
        " are kept for 72 hours and not processed.",
        PAGE, quiet=QUIET, tells_end=True,
    ),
    NoticeKind(
        QUARANTINE, "Room for unverified events runs out", "When it is full, further events that cannot be verified are"
        " only counted.",
        PAGE, quiet=QUIET, tells_end=True,
    ),
)  # fmt: skip


def reconnect_needed(connection: Connection, reason: str) -> None:
    """Tell the firm that its access has ended. In the firm scope."""
    name = provider(connection.provider).name
    raise_notice(
        kind=RECONNECT, subject_id=connection.id, title=f"{name} needs a reconnect",
        text=f"{reason} What is waiting is kept and continues by itself after a firm admin reconnects; nothing is lost"
        " and nothing is sent twice.",
        url=reverse("integration", args=[connection.provider]),
    )  # fmt: skip


def account_to_choose(connection: Connection) -> None:
    """Tell the firm that another account waits for a decision; a reconnect is not what is missing any more."""
    name = provider(connection.provider).name
    clear_notice(kind=RECONNECT, subject_id=connection.id)
    raise_notice(
        kind=OTHER_ACCOUNT, subject_id=connection.id, title=f"Choose which {name} account to use",
        text=f"Another {name} account was connected than before. Links to the old account are kept but not used, and"
        " nothing is sent until a firm admin chooses.",
        url=reverse("integration_account", args=[connection.provider]),
    )  # fmt: skip


def settled(connection: Connection) -> None:
    """Say that nothing about the state of a connection needs a person any more. In the firm scope."""
    for kind in (RECONNECT, OTHER_ACCOUNT):
        clear_notice(kind=kind, subject_id=connection.id)
