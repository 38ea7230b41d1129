"""Connecting: from the button to a verified account. Each step commits by itself; none is open during a call."""

import uuid
from dataclasses import dataclass

import structlog
from django.utils import timezone

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.actor import actor_context
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.access import can, memberships_of
from integrations.connections import announce, notices, oauth, states
from integrations.connections.endpoints import endpoints_for
from integrations.connections.holds import OTHER_ACCOUNT, hold_work
from integrations.connections.open_api import PAGE_PATIENCE, client_for, note_throttle
from integrations.connections.tokens import TOKEN_COLUMNS, store_grant
from integrations.contract.auth import OAuth2
from integrations.contract.errors import AuthRejected, ProviderError
from integrations.contract.provider import Account
from integrations.models import Connection, OAuthState
from integrations.registry import provider

log = structlog.get_logger(__name__)
State = Connection.State
PREPARE_SECONDS = 20.0
VERIFYING = "The new access is being checked. If this stays, please reconnect."
UNVERIFIED = "The account behind the new access could not be read. Please reconnect."


class ConnectFailed(RuntimeError):
    """An authorisation did not end in a connection. `kind` names the page to show; nothing of the old state changed

    for unknown, replayed, expired, foreign, not_admin, denied, refused, unreachable; unverified asks to reconnect.
    """

    def __init__(self, kind: str, *, code: str = "", firm_id: uuid.UUID | None = None) -> None:
        super().__init__(kind)
        self.kind, self.code, self.firm_id = kind, code, firm_id


class NotConfigured(RuntimeError):
    """The provider's addresses or client id are missing in the settings of this installation."""


@dataclass(frozen=True)
class Connected:
    """A finished authorisation: the row, its firm, whether a decision is open, and the row that prepares it."""

    firm_id: uuid.UUID
    connection_id: uuid.UUID
    other_account: bool
    prepare_id: uuid.UUID


def start_connect(*, provider_key: str, user_id: uuid.UUID, session_key: str) -> str:
    """Store a single-use state in the open firm scope; return the consent page's address to redirect to.

    Raises `NotConfigured` when this installation has no client id for the provider.
    """
    auth = provider(provider_key).auth
    endpoints = endpoints_for(provider_key)
    if not isinstance(auth, OAuth2) or not endpoints.complete or not session_key:
        raise NotConfigured(provider_key)
    verifier = oauth.new_verifier() if auth.pkce else ""
    state = states.make_state(
        provider_key=provider_key,
        user_id=user_id,
        session_key=session_key,
        redirect_uri=endpoints.redirect_uri,
        verifier=verifier,
    )
    audit.record(action="connection.authorisation_started", object_type="provider", changes={"provider": provider_key})
    return oauth.authorize_url(endpoints=endpoints, auth=auth, state=state, verifier=verifier)


def complete_connect(
    *, provider_key: str, state: str, code: str, error: str, session_key: str, user_id: uuid.UUID | None
) -> Connected:
    """Finish an authorisation from the callback's parameters. Call it outside any scope; it opens its own.

    The state is checked before anything else and names the firm. Raises `ConnectFailed`.
    """
    firm_id = states.firm_of(state) if state else None
    if firm_id is None:
        raise ConnectFailed("unknown")
    try:
        with firm_scope(firm_id):
            taken = states.take_state(state, provider_key=provider_key, user_id=user_id, session_key=session_key)
            verifier = states.open_verifier(taken)
    except states.BadState as bad:
        raise ConnectFailed(bad.kind, firm_id=firm_id if bad.kind != "foreign" else None) from None
    _require_admin(taken)
    with actor_context(user_id=taken.user_id, source="web"):
        if error or not code:
            _note_failure(taken, "denied", error or "no_code")
            raise ConnectFailed("denied", code=error, firm_id=firm_id)
        connection = _keep(taken, _exchange(taken, code, verifier))
        account = _who_am_i(connection)
        return finish(connection, account)


def _require_admin(state: OAuthState) -> None:
    found = next((m for m in memberships_of(state.user_id) if m.firm_id == state.firm_id), None)
    if not can(found, "integrations.manage"):
        raise ConnectFailed("not_admin")


def _note_failure(state: OAuthState, kind: str, code: str) -> None:
    with firm_scope(state.firm_id):
        # The address is the caller's: what the database cannot store must not turn a refusal into a fault.
        shown = "".join(letter for letter in code if letter.isprintable())[:60]
        changes = {"provider": state.provider, "kind": kind, "code": shown}
        audit.record(
            action="connection.authorisation_failed", object_type="provider", changes=changes, outcome="failed"
        )


def _exchange(state: OAuthState, code: str, verifier: str) -> oauth.Grant:
    endpoints = endpoints_for(state.provider)
    try:
        return oauth.exchange_code(endpoints=endpoints, code=code, redirect_uri=state.redirect_uri, verifier=verifier)
    except oauth.TokenRefused as refusal:
        _note_failure(state, "refused", refusal.code)
        raise ConnectFailed("refused", code=refusal.code, firm_id=state.firm_id) from None
    except oauth.TokenTrouble as trouble:
        _note_failure(state, "unreachable", str(trouble))
        raise ConnectFailed("unreachable", code=str(trouble), firm_id=state.firm_id) from None


def _keep(state: OAuthState, grant: oauth.Grant) -> Connection:
    """Commit the sealed tokens before their first use; until the account is known nothing may be sent with them."""
    with firm_scope(state.firm_id):
        rate = provider(state.provider).calls_per_minute
        made = Connection(provider=state.provider, calls_per_minute=rate)
        Connection.objects.bulk_create([made], ignore_conflicts=True)
        connection: Connection = Connection.objects.select_for_update().get(provider=state.provider)
        store_grant(connection, grant)
        if connection.state != State.NOT_CONNECTED:
            connection.state, connection.state_reason = State.NEEDS_RECONNECT, VERIFYING
        connection.connected_by_id, connection.connected_at = state.user_id, timezone.now()
        connection.save(update_fields=[*TOKEN_COLUMNS, "state", "state_reason", "connected_by_id", "connected_at"])
    return connection


def _who_am_i(connection: Connection) -> Account:
    with firm_scope(connection.firm_id):
        token = connection.open_token("access_token")
    if token is None:
        raise ConnectFailed("unverified", firm_id=connection.firm_id)
    api = client_for(connection=connection, token=token, lane=WorkItem.Lane.BUTTON, patience=PAGE_PATIENCE)
    declared = provider(connection.provider)
    for last_try in (False, True):
        try:
            account = declared.who_am_i(api)
            if account.firm_id:
                return account
            code = "no_account"
        except ProviderError as problem:
            note_throttle(connection, problem)
            code = problem.code or problem.error_class
            if not last_try and not isinstance(problem, AuthRejected):
                continue
        break
    with firm_scope(connection.firm_id):
        rows = Connection.objects.filter(id=connection.id, token_version=connection.token_version)
        if rows.update(state=State.NEEDS_RECONNECT, state_reason=UNVERIFIED):
            notices.reconnect_needed(connection, UNVERIFIED)
        audit.record(
            action="connection.unverified", object_type="connection", object_id=connection.id, changes={"code": code},
            outcome="failed",
        )  # fmt: skip
    raise ConnectFailed("unverified", code=code, firm_id=connection.firm_id)


def finish(connection: Connection, account: Account) -> Connected:
    """Take a verified account: connected, or waiting for a decision when it is another one than before.

    Raises `ConnectFailed` when somebody disconnected or connected again meanwhile.
    """
    with firm_scope(connection.firm_id):
        row: Connection = Connection.objects.select_for_update().get(id=connection.id)
        if row.token_version != connection.token_version:
            raise ConnectFailed("replaced", firm_id=connection.firm_id)  # disconnected or reconnected meanwhile
        other = bool(row.links_account) and row.links_account != account.firm_id
        row.remote_firm, row.remote_firm_name = account.firm_id, account.firm_name
        row.remote_user, row.remote_email = account.user_name, account.user_email
        row.state = State.OTHER_ACCOUNT if other else State.CONNECTED
        row.state_reason, row.failures_in_row, row.learned_rate = "", 0, None
        if other:
            hold_work(connection_id=row.id, reason=OTHER_ACCOUNT)
            notices.account_to_choose(row)
        else:
            row.links_account = account.firm_id
            notices.settled(row)
        row.save()
        announce.changed(row, what="connected", code="other_account" if other else "")
        # The callback reads the catalogue itself; a worker does it when the callback's process dies first.
        prepare = ask_for_catalogue(row, after_seconds=PREPARE_SECONDS)
        audit.record(
            action="connection.connected",
            object_type="connection",
            object_id=row.id,
            changes={"provider": row.provider, "other_account": other},
            remote_id=account.firm_id,
        )
    log.info("connection.connected", connection=str(row.id), code="other_account" if other else "")
    return Connected(row.firm_id, row.id, other, prepare.id)


def ask_for_catalogue(connection: Connection, *, after_seconds: float = 0.0) -> WorkItem:
    """Queue reading the account's stages and practice areas; held work resumes when that is done. In the firm scope."""
    return work.enqueue(
        kind="refresh_catalogue",
        queue="maintenance",
        subject_type="connection",
        subject_id=connection.id,
        connection_id=connection.id,
        lane=WorkItem.Lane.BUTTON,
        trigger="connected",
        after_seconds=after_seconds,
    )
