"""Renewing an access token: by one worker at a time, outside any transaction, with compare-and-swap on its version.

A rotating refresh token used twice revokes the whole family, so losers of the race wait and read again.
"""

import time
from datetime import timedelta

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import assert_no_transaction, firm_scope
from casehug.common.secret import Secret
from casehug.common.work import Settlement, database_now
from integrations.connections import oauth
from integrations.connections.endpoints import endpoints_for
from integrations.connections.state import mark_needs_reconnect
from integrations.connections.tokens import TOKEN_COLUMNS, Held, read_tokens, store_grant
from integrations.contract.errors import AuthRejected, NetworkTrouble
from integrations.models import Connection

LEASE_SECONDS = 40  # longer than one token call; a crash is noticed within a minute
WAIT_SECONDS = 25
POLL_SECONDS = 0.2

INTERRUPTED = "Renewing the access was interrupted before its answer arrived, and the old key is no longer accepted."
REFUSED = "{name} declined to renew the access ({code})."


def fresh_token(*, connection: Connection, force: bool = False, held: Held | None = None) -> Secret:
    """Return an access token that is not about to end, renewing it first when that is due (or `force`d after a 401).

    `held`: the tokens as the caller read them just now. Call it in a worker, outside any transaction. Raises
    `AuthRejected` after marking the connection, `NetworkTrouble` when the token endpoint does not answer and the old
    token has ended.
    """
    assert_no_transaction()
    held = held or _read(connection)
    seen, deadline = held.version, time.monotonic() + WAIT_SECONDS
    while True:
        if held.access is None:
            raise AuthRejected("no token is stored", code="no_token")
        moved = held.version != seen
        if moved or not (held.due or (force and held.refresh is not None)):
            return held.access
        if _take_lease(connection, held):
            return _renew(connection, held, force=force)
        if time.monotonic() > deadline:
            if held.expired or force:
                raise NetworkTrouble("the access is being renewed by another worker", code="refresh_busy")
            return held.access
        time.sleep(POLL_SECONDS)
        held = _read(connection)


def _read(connection: Connection) -> Held:
    with firm_scope(connection.firm_id):
        return read_tokens(connection.id)


def _take_lease(connection: Connection, held: Held) -> bool:
    """Take the right to renew exactly this version; False when somebody else has it."""
    with firm_scope(connection.firm_id):
        row = Connection.objects.select_for_update().get(id=connection.id)
        now = database_now()
        if row.token_version != held.version or (row.refresh_lease_until and row.refresh_lease_until > now):
            return False
        row.refresh_lease_until, row.refresh_started_at = now + timedelta(seconds=LEASE_SECONDS), now
        row.save(update_fields=["refresh_lease_until", "refresh_started_at", "updated_at"])
    return True


def _renew(connection: Connection, held: Held, *, force: bool) -> Secret:
    if held.refresh is None or held.access is None:
        raise AuthRejected("no refresh token is stored", code="no_token")
    try:
        grant = oauth.refresh_grant(endpoints=endpoints_for(connection.provider), refresh_token=held.refresh)
    except oauth.TokenRefused as refusal:
        return _after_refusal(connection, held, refusal)
    except oauth.TokenTrouble as trouble:
        # When the request may have left, `refresh_started_at` stays: the next try knows that an answer was lost.
        _give_back_lease(connection, held, forget=not trouble.sent)
        if held.expired or force:
            raise NetworkTrouble(f"token endpoint: {trouble}", code="refresh_failed") from None
        return held.access
    with firm_scope(connection.firm_id):
        row = Connection.objects.select_for_update().get(id=connection.id)
        if row.token_version == held.version:
            store_grant(row, oauth.Grant(grant.access_token, grant.refresh_token or held.refresh, grant.expires_in))
            row.save(update_fields=TOKEN_COLUMNS)
            return grant.access_token
    # A reconnect or disconnect was faster: what it stored counts.
    current = _read(connection)
    if current.access is None:
        raise AuthRejected("disconnected meanwhile", code="no_token")
    return current.access


def _after_refusal(connection: Connection, held: Held, refusal: oauth.TokenRefused) -> Secret:
    current = _read(connection)
    if current.version != held.version and current.access is not None:
        return current.access  # the loser of a race must not kill a healthy connection
    _give_back_lease(connection, held, forget=True)
    if not refusal.terminal:
        raise NetworkTrouble(f"token endpoint: {refusal.code}", code="refresh_failed")
    lost = held.interrupted and refusal.code == "invalid_grant"
    name = connection.provider.title()
    reason = INTERRUPTED if lost else REFUSED.format(name=name, code=refusal.code)
    with firm_scope(connection.firm_id):
        mark_needs_reconnect(connection_id=connection.id, reason=reason, code=refusal.code, token_version=held.version)
    raise AuthRejected(reason, code=refusal.code)


def _give_back_lease(connection: Connection, held: Held, *, forget: bool) -> None:
    with firm_scope(connection.firm_id):
        rows = Connection.objects.filter(id=connection.id, token_version=held.version)
        rows.update(refresh_lease_until=None, **({"refresh_started_at": None} if forget else {}))


def request_refresh(*, connection: Connection) -> None:
    """Ask a worker to renew the access (pages never do it themselves). Inside the firm scope."""
    work.enqueue(
        kind="refresh_token",
        queue="maintenance",
        subject_type="connection",
        subject_id=connection.id,
        connection_id=connection.id,
        lane=WorkItem.Lane.BUTTON,
    )


def run_refresh_token(item: WorkItem) -> Settlement:
    """Handler of kind `refresh_token`: renew now if it is due."""
    with firm_scope(item.firm_id):
        connection = Connection.objects.filter(id=item.subject_id).first()
    if connection is None or connection.state == Connection.State.NOT_CONNECTED:
        return work.done()
    try:
        fresh_token(connection=connection)
    except AuthRejected:
        return work.done()  # the connection says so itself
    except NetworkTrouble as trouble:
        return work.retry(error_class="network", error_code=trouble.code, error_text=trouble.detail)
    return work.done()
