"""The doors of this package: connect, disconnect, decide on an account, mark, pause, settings, rejected tokens."""

import uuid

import structlog

from casehug.audit import services as audit
from casehug.common import encryption
from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from integrations.connections import announce, notices, oauth, states
from integrations.connections.catalogue import refresh_catalogue
from integrations.connections.checkup import test_connection
from integrations.connections.connect import Connected, ConnectFailed, NotConfigured, ask_for_catalogue
from integrations.connections.connect import complete_connect as complete_connect
from integrations.connections.connect import start_connect as start_connect
from integrations.connections.endpoints import endpoints_for
from integrations.connections.examine import Report, ask_for_examination, examine_connection
from integrations.connections.holds import RECONNECT, hold_reason, hold_work
from integrations.connections.local_checks import Check
from integrations.connections.open_api import client_for
from integrations.connections.refresh import fresh_token
from integrations.connections.state import change_settings, mark_needs_reconnect, pause, resume
from integrations.connections.tokens import TOKEN_COLUMNS, clear_tokens
from integrations.contract.errors import AuthRejected
from integrations.models import Connection
from integrations.registry import provider

__all__ = [
    "Check",
    "ConnectFailed",
    "Connected",
    "NotConfigured",
    "Report",
    "ask_for_examination",
    "change_settings",
    "complete_connect",
    "confirm_rejected",
    "disconnect",
    "examine_connection",
    "mark_needs_reconnect",
    "pause",
    "refresh_catalogue",
    "resume",
    "start_connect",
    "test_connection",
    "use_this_account",
]

log = structlog.get_logger(__name__)
REJECTED = "{name} no longer accepts our access. It may have been removed there, or the person who gave it left."


def disconnect(*, connection_id: uuid.UUID, firm_id: uuid.UUID) -> bool:
    """End the access of a connection and destroy its tokens and their data key; links, mappings and logs stay.

    Call it outside any scope (a configured revoke address is told, best effort; its failure changes nothing).
    Returns False when it was not connected.
    """
    with firm_scope(firm_id):
        row: Connection = Connection.objects.select_for_update().get(id=connection_id)
        if row.state == Connection.State.NOT_CONNECTED and row.access_token is None:
            return False
        declared = endpoints_for(row.provider)
        token = _token_to_revoke(row) if declared.revoke_url else None
        # The lock is what stops claims: from this commit on no worker can read a token any more.
        clear_tokens(row)
        encryption.destroy_data_key(row.key_purpose)
        states.forget_states(provider_key=row.provider)
        row.state, row.state_reason = Connection.State.NOT_CONNECTED, ""
        row.remote_user = row.remote_email = ""
        row.connected_by_id = row.connected_at = None
        row.save(update_fields=[*TOKEN_COLUMNS, "state", "state_reason", "remote_user", "remote_email",
                                "connected_by_id", "connected_at"])  # fmt: skip
        held = hold_work(connection_id=row.id, reason=RECONNECT)
        notices.settled(row)
        announce.changed(row, what="disconnected")
        audit.record(
            action="connection.disconnected", object_type="connection", object_id=row.id, changes={"held": held}
        )
    log.info("connection.disconnected", connection=str(connection_id))
    if token is not None:
        oauth.revoke(endpoints=declared, token=token)
    return True


def _token_to_revoke(row: Connection) -> Secret | None:
    try:
        return row.open_token("access_token")
    except encryption.DecryptionError:
        return None  # nothing may stand in the way of the destruction


def use_this_account(*, connection_id: uuid.UUID) -> bool:
    """Decide for the newly authorised account: links to the old one are kept but not used. Inside the firm scope.

    Returns False when no decision is open. Held work resumes after the new account's stages are read.
    """
    row: Connection = Connection.objects.select_for_update().get(id=connection_id)
    if row.state != Connection.State.OTHER_ACCOUNT:
        return False
    before = row.links_account
    row.links_account, row.state, row.catalogue_read_at = row.remote_firm, Connection.State.CONNECTED, None
    row.profile = {"changed": row.profile.get("changed", {})}  # what was learned is true of the old account only
    row.save(update_fields=["links_account", "state", "catalogue_read_at", "profile", "updated_at"])
    ask_for_catalogue(row)
    notices.settled(row)
    audit.record(
        action="connection.account_changed",
        object_type="connection",
        object_id=row.id,
        changes={"account": [before, row.remote_firm]},
        remote_id=row.remote_firm,
    )
    return True


def confirm_rejected(*, connection: Connection, lane: int) -> bool:
    """Judge a 401: renew once where that is possible, ask the provider once who we are, then mark or acquit.

    Call it in a worker outside any transaction. True: the connection is (now) broken, hold its work with `reconnect`.
    False: the token works, the refused call may be tried again. Raises the errors of `contract.errors` when the
    question itself cannot be answered (network, limit).
    """
    reason = REJECTED.format(name=provider(connection.provider).name)
    try:
        token = fresh_token(connection=connection, force=True)
    except AuthRejected:
        return True
    with firm_scope(connection.firm_id):
        version = Connection.objects.get(id=connection.id).token_version
    try:
        provider(connection.provider).who_am_i(client_for(connection=connection, token=token, lane=lane))
    except AuthRejected as rejected:
        with firm_scope(connection.firm_id):
            code = rejected.code or "rejected"
            mark_needs_reconnect(connection_id=connection.id, reason=reason, code=code, token_version=version)
            # A reconnect that was faster than our question stays untouched.
            return hold_reason(Connection.objects.get(id=connection.id)) == RECONNECT
    return False
