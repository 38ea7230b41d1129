"""Getting a freshly connected account ready: read its catalogue, find the default mappings, let held work go on."""

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations.connections import holds
from integrations.connections.catalogue import read_and_store
from integrations.connections.connect import Connected
from integrations.connections.open_api import PAGE_PATIENCE, WORKER_PATIENCE, note_throttle, open_api
from integrations.connections.services import confirm_rejected
from integrations.contract.errors import AuthRejected, NetworkTrouble, ProviderError, Throttled
from integrations.mappings.defaults import resolve_defaults
from integrations.mappings.drift import after_reading
from integrations.mappings.forms import refresh_forms
from integrations.models import Connection
from integrations.registry import provider


def prepare_account(*, connection: Connection, lane: int, may_refresh: bool = True) -> int:
    """Read the catalogue, resolve defaults, then resume what waited for a reconnect. Call it outside any scope.

    Returns how many mapping rows need a choice. Raises the errors of `contract.errors`; nothing resumes then.
    """
    patience = WORKER_PATIENCE if may_refresh else PAGE_PATIENCE
    api = open_api(connection, lane=lane, may_refresh=may_refresh, patience=patience)
    read_and_store(connection, api)
    if hook := provider(connection.provider).on_connect:
        hook(api)
    with firm_scope(connection.firm_id):
        row: Connection = Connection.objects.select_for_update().get(id=connection.id)
        left = resolve_defaults(row)
        after_reading(row)
        holds.resume_all(row, reasons=(holds.RECONNECT, holds.OTHER_ACCOUNT, holds.CONFIGURATION))
    return left


def prepare_now(connected: Connected) -> bool:
    """Prepare an account right after its authorisation, in the callback, outside any scope. Never raises.

    Returns False when a worker has to do it (the work row stays) or when an account decision comes first.
    """
    if connected.other_account:
        return False
    with firm_scope(connected.firm_id):
        connection = Connection.objects.get(id=connected.connection_id)
    try:
        prepare_account(connection=connection, lane=WorkItem.Lane.BUTTON, may_refresh=False)
    except ProviderError as problem:
        note_throttle(connection, problem)
        return False
    with firm_scope(connected.firm_id):
        work.cancel(item_id=connected.prepare_id)
    return True


def is_preparing(connection: Connection) -> bool:
    """Tell whether the account's stages are not known yet but are being read: a sync waits for that. In the scope."""
    if connection.catalogue_read_at is not None:
        return False
    live = WorkItem.objects.filter(kind="refresh_catalogue", subject_id=connection.id, status__in=WorkItem.LIVE)
    return bool(live.exists())


def run_refresh_catalogue(item: WorkItem) -> Settlement:
    """Handler of kind `refresh_catalogue`: `prepare_account` by a worker, with the retries of the work row."""
    with firm_scope(item.firm_id):
        connection = Connection.objects.filter(id=item.subject_id).first()
    if connection is None or connection.state != Connection.State.CONNECTED:
        return work.done()  # connecting asks again
    try:
        prepare_account(connection=connection, lane=item.lane)
        refresh_forms(connection=connection, daily=True)
    except Throttled as limit:
        note_throttle(connection, limit)
        return work.wait(seconds=limit.seconds, error_class=limit.error_class, error_code=limit.code)
    except AuthRejected as rejected:
        return _after_rejection(connection, item, rejected)
    except NetworkTrouble as trouble:
        return work.retry(error_class=trouble.error_class, error_code=trouble.code, error_text=trouble.detail)
    except ProviderError as problem:
        return work.dead(error_class=problem.error_class, error_code=problem.code, error_text=problem.detail)
    return work.done()


def _after_rejection(connection: Connection, item: WorkItem, rejected: AuthRejected) -> Settlement:
    try:
        broken = confirm_rejected(connection=connection, lane=item.lane)
    except ProviderError as problem:
        return work.retry(error_class=problem.error_class, error_code=problem.code, error_text=problem.detail)
    if broken:
        return work.done()  # the connection says so itself; connecting asks again
    return work.retry(error_class=rejected.error_class, error_code=rejected.code, error_text=rejected.detail)
