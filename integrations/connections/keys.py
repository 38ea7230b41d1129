"""Connecting with keys that a firm admin types in: tested before anything is saved, sealed, never shown again."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog
from django.utils import timezone

from casehug.audit import services as audit
from casehug.common.models import WorkItem
from casehug.common.scope import assert_no_transaction, firm_scope
from casehug.common.secret import Secret
from integrations.connections.connect import Connected, ConnectFailed, finish
from integrations.connections.oauth import Grant
from integrations.connections.open_api import ENVIRONMENT, PAGE_PATIENCE, client_for, note_throttle
from integrations.connections.tokens import TOKEN_COLUMNS, store_grant
from integrations.contract.auth import ApiKey, join_keys, split_keys
from integrations.contract.errors import AccessRefused, AuthRejected, ProviderError, Refused, Throttled
from integrations.contract.onboarding import ONBOARDING
from integrations.contract.provider import Account
from integrations.models import Connection
from integrations.registry import provider

log = structlog.get_logger(__name__)
MOST_CHARACTERS = 200


class KeysRefused(RuntimeError):
    """Keys were not saved; what was connected before is as it was. `field` names the value at fault, "" for several.

    `kind`: incomplete, form, environment, rejected, not_allowed, unknown, busy, unreachable. `text` is for the person.
    """

    def __init__(self, kind: str, text: str, *, field: str = "") -> None:
        super().__init__(kind)
        self.kind, self.text, self.field = kind, text, field


@dataclass(frozen=True)
class _Given:
    """Checked values, all of them, and the host they are for."""

    values: Mapping[str, str]
    environment: str


def connect_with_keys(
    *, provider_key: str, values: Mapping[str, str], environment: str, user_id: uuid.UUID, firm_id: uuid.UUID
) -> Connected:
    """Test keys with one read and, only when they are accepted, store them in place of earlier ones.

    Call it outside any scope. An empty secret keeps the one that is stored (changing one key alone). Raises
    `KeysRefused`; then nothing was changed. The result says whether another account than before answered.
    """
    assert_no_transaction()
    with firm_scope(firm_id):
        row = _row(provider_key)
        given = _checked(row, values, environment)
    try:
        account = _tested(row, given)
    except KeysRefused as refusal:
        with firm_scope(firm_id):
            audit.record(
                action="connection.keys_refused", object_type="connection", object_id=row.id,
                changes={"provider": provider_key, "kind": refusal.kind}, outcome="failed",
            )  # fmt: skip
        raise
    with firm_scope(firm_id):
        kept = _keep(row, given, user_id)
    try:
        return finish(kept, account)
    except ConnectFailed:
        text = "Meanwhile somebody disconnected or connected again. Look at the connection, then try once more."
        raise KeysRefused("busy", text) from None


def stored_values(connection: Connection) -> dict[str, str]:
    """Return what a form may show of stored keys: the values that are no secrets. In the firm scope."""
    auth = provider(connection.provider).auth
    token = connection.open_token("access_token")
    found = split_keys(token.reveal()) if token is not None else {}
    fields = auth.fields if isinstance(auth, ApiKey) else ()
    return {name: found.get(name, "") for name, _, secret in fields if not secret}


def _row(provider_key: str) -> Connection:
    """Return the connection, made unconnected at first use: the test already pays from its budget."""
    rate = provider(provider_key).calls_per_minute
    Connection.objects.bulk_create([Connection(provider=provider_key, calls_per_minute=rate)], ignore_conflicts=True)
    found: Connection = Connection.objects.get(provider=provider_key)
    return found


def _checked(row: Connection, values: Mapping[str, str], environment: str) -> _Given:
    auth = provider(row.provider).auth
    if not isinstance(auth, ApiKey):
        raise KeysRefused("form", "This provider is not connected with keys.")
    if auth.hosts and environment not in auth.hosts:
        raise KeysRefused("environment", "Choose which environment the keys are for.", field=ENVIRONMENT)
    token = row.open_token("access_token")
    before = split_keys(token.reveal()) if token is not None else {}
    if environment != row.settings.get(ENVIRONMENT, environment):
        before = {}  # keys of one environment are no keys of the other
    found: dict[str, str] = {}
    for name, label, secret in auth.fields:
        text = values.get(name, "").strip() or (before.get(name, "") if secret else "")
        if not text:
            raise KeysRefused("incomplete", f"Enter the {label}.", field=name)
        if len(text) > MOST_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text:
            raise KeysRefused("form", f"This is not a {label}. Copy it again, without spaces.", field=name)
        found[name] = text
    return _Given(found, environment)


def _tested(row: Connection, given: _Given) -> Account:
    """Ask the provider whose keys these are, with a client of their own; nothing is stored yet."""
    declared = provider(row.provider)
    row.settings = {**row.settings, ENVIRONMENT: given.environment}  # on this object only, for the client's host
    token = Secret(join_keys(given.values))
    try:
        api = client_for(connection=row, token=token, lane=WorkItem.Lane.BUTTON, patience=PAGE_PATIENCE)
        account = declared.who_am_i(api)
    except AuthRejected:
        text = f"{declared.name} does not accept these keys. Compare them with what {declared.name} sent you."
        raise KeysRefused("rejected", text) from None
    except AccessRefused:
        text = (f"{declared.name} knows a key, but not for this: the two keys may be swapped, belong to another"
                " organization, or to the other environment.")  # fmt: skip
        raise KeysRefused("not_allowed", text) from None
    except Throttled as limit:
        note_throttle(row, limit)
        text = f"{declared.name} asks us to wait {max(1, round(limit.seconds))} s. Then try again."
        raise KeysRefused("busy", text) from None
    except Refused:
        text = f"{declared.name} knows no such account. Compare what names it, and the environment."
        raise KeysRefused("unknown", text) from None
    except ProviderError as trouble:
        log.info("connection.keys_untested", code=trouble.code)
        text = f"{declared.name} could not be asked whether the keys are right. Try again in a few minutes."
        raise KeysRefused("unreachable", text) from None
    return replace(account, firm_name=f"{account.firm_name} ({given.environment})"[:200])


def _keep(row: Connection, given: _Given, user_id: uuid.UUID) -> Connection:
    kept: Connection = Connection.objects.select_for_update().get(id=row.id)
    other_host = kept.settings.get(ENVIRONMENT, given.environment) != given.environment
    replaced = kept.access_token is not None
    store_grant(kept, Grant(Secret(join_keys(given.values)), None, None))
    kept.settings = {**kept.settings, ENVIRONMENT: given.environment}
    if other_host:
        kept.profile = {key: known for key, known in kept.profile.items() if key != ONBOARDING}
    kept.connected_by_id, kept.connected_at = user_id, timezone.now()
    columns = [*TOKEN_COLUMNS, "settings", "profile", "connected_by_id", "connected_at"]
    kept.save(update_fields=columns)
    audit.record(
        action="connection.keys_stored", object_type="connection", object_id=kept.id,
        changes={"provider": kept.provider, "environment": given.environment, "replaced": replaced},
    )  # fmt: skip
    return kept
