"""Changing the state of a connection: broken, paused, settings. Each change is audited in the same transaction."""

import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from django.utils import timezone

from casehug.audit import services as audit
from casehug.common.actor import current_actor_id
from integrations.connections import announce, holds, notices
from integrations.contract.errors import Refused
from integrations.models import Connection
from integrations.registry import provider

log = structlog.get_logger(__name__)
SWITCHES = ("auto_sync_on_approval", "auto_sync_on_matter_created")
MOST_CALLS_PER_MINUTE = 150


def mark_needs_reconnect(*, connection_id: uuid.UUID, reason: str, code: str, token_version: int | None = None) -> bool:
    """Say that the provider no longer accepts our access: hold all work, once, with the precise reason.

    Inside the firm scope. With `token_version` nothing happens when the tokens were renewed meanwhile.
    Returns whether the state changed.
    """
    rows = Connection.objects.filter(
        id=connection_id, state__in=(Connection.State.CONNECTED, Connection.State.OTHER_ACCOUNT)
    )
    if token_version is not None:
        rows = rows.filter(token_version=token_version)
    if not rows.update(state=Connection.State.NEEDS_RECONNECT, state_reason=reason):
        return False
    held = holds.hold_work(connection_id=connection_id, reason=holds.RECONNECT)
    broken: Connection = Connection.objects.get(id=connection_id)
    notices.reconnect_needed(broken, reason)
    announce.changed(broken, what="needs_reconnect", code=code)
    audit.record(
        action="connection.needs_reconnect",
        object_type="connection",
        object_id=connection_id,
        changes={"code": code, "held": held},
        outcome="failed",
    )
    log.warning("connection.needs_reconnect", connection=str(connection_id), code=code)
    return True


OUT, IN = "out", "in"
_WAYS = {OUT: ("paused", holds.PAUSED), IN: ("paused_in", holds.PAUSED_IN)}


def pause(*, connection_id: uuid.UUID, way: str = OUT) -> bool:
    """Stop one way: `out`, nothing is sent; `in`, what arrives is stored and waits, and nothing is read there.

    Queued work is held, what is running ends. Returns False when it was paused already.
    """
    column, reason = _WAYS[way]
    if not Connection.objects.filter(id=connection_id, **{column: False}).update(**{column: True}):
        return False
    held = holds.hold_work(connection_id=connection_id, reason=reason)
    _note_change(connection_id, {column: True})
    changes = {"held": held, "way": way}
    audit.record(action="connection.paused", object_type="connection", object_id=connection_id, changes=changes)
    return True


def resume(*, connection_id: uuid.UUID, way: str = OUT) -> bool:
    """Let one way go on: what was held by its pause goes back into the queue. Returns False when it was not paused.

    Work held for a reconnect that happened during the pause was left where it was: it goes on now as well.
    """
    column, reason = _WAYS[way]
    if not Connection.objects.filter(id=connection_id, **{column: True}).update(**{column: False}):
        return False
    connection: Connection = Connection.objects.get(id=connection_id)
    broken = connection.state != Connection.State.CONNECTED
    # Of a broken connection only the reason changes: the row is looked at once and then waits for the reconnect.
    if not broken:
        count = holds.resume_all(connection, reasons=holds.STATES)
    elif way == IN:
        count = holds.resume_inbound(connection, reasons=(reason,))
    else:
        count = holds.resume_work(connection_id=connection_id, reasons=(reason,))
    _note_change(connection_id, {column: False})
    changes = {"resumed": count, "way": way}
    audit.record(action="connection.resumed", object_type="connection", object_id=connection_id, changes=changes)
    return True


def change_settings(*, connection_id: uuid.UUID, changes: Mapping[str, Any]) -> Connection:
    """Change switches, `calls_per_minute` and the provider's own settings of a connection; audits old → new.

    `changes` maps names to values. Raises `Refused` for an unknown name or a value out of range.
    """
    connection: Connection = Connection.objects.select_for_update().get(id=connection_id)
    own = {field.key: field for field in provider(connection.provider).settings_fields}
    audited: dict[str, Any] = {}
    old: Any
    checked: Any
    for name, value in changes.items():
        if name in SWITCHES:
            old, checked = getattr(connection, name), _checked_switch(name, value)
            setattr(connection, name, checked)
        elif name == "calls_per_minute":
            old, checked = connection.calls_per_minute, _checked_rate(value)
            connection.calls_per_minute = checked
        elif name in own:
            choices = [choice for choice, _ in own[name].choices]
            old = connection.settings.get(name, own[name].default)
            checked = _checked_switch(name, value) if own[name].kind == "switch" else value
            if choices and checked not in choices:
                raise Refused(f"{name} must be one of {', '.join(choices)}", code=name)
            connection.settings = {**connection.settings, name: checked}
        else:
            raise Refused(f"{name} is not a setting of this connection", code=name)
        if old != checked:
            audited[name] = [old, checked]
    connection.save(update_fields=[*SWITCHES, "calls_per_minute", "settings", "updated_at"])
    if audited:
        _note_change(connection_id, audited)
        audit.record(
            action="connection.settings_changed", object_type="connection", object_id=connection_id, changes=audited
        )
    return Connection.objects.get(id=connection_id)  # type: ignore[no-any-return]


def _checked_switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused(f"{name} must be true or false", code=name)
    return value


def _checked_rate(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_CALLS_PER_MINUTE:
        raise Refused(
            f"calls_per_minute must be a whole number from 1 to {MOST_CALLS_PER_MINUTE}", code="calls_per_minute"
        )
    return value


def _note_change(connection_id: uuid.UUID, names: Mapping[str, Any]) -> None:
    """Remember who changed a switch last, and when: the page shows it beside the switch."""
    connection = Connection.objects.get(id=connection_id)
    actor = current_actor_id()
    stamp = {"at": timezone.now().isoformat(), "by": str(actor) if actor else ""}
    changed = {**connection.profile.get("changed", {}), **dict.fromkeys(names, stamp)}
    Connection.objects.filter(id=connection_id).update(profile={**connection.profile, "changed": changed})
