"""From an error to what the row does next: wait, retry, hold or end. The class decides, texts never do."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TypedDict

from django.db.models import F
from django.db.models.functions import Now

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement, database_now
from integrations import limits
from integrations.connections.holds import CONFIGURATION
from integrations.connections.services import REJECTED, confirm_rejected, mark_needs_reconnect
from integrations.contract.errors import (
    AccessRefused,
    AuthRejected,
    NetworkTrouble,
    ProviderError,
    Refused,
    Throttled,
    Unfit,
)
from integrations.mappings.holding import MAPPING, Blocker
from integrations.models import Connection, SyncLog
from integrations.registry import provider
from integrations.sync.messages import error_text
from integrations.sync.outgoing.masking import mask, parts_of
from integrations.sync.records import log
from integrations.sync.records.log import Trouble


class Words(TypedDict):
    """What a settlement says about an error."""

    error_class: str
    error_code: str
    error_text: str


LONGEST_WAIT_SECONDS = 24 * 3600.0  # an absurd `Retry-After` is not obeyed for years
BREAKER_FAILURES = 5
BREAKER_SECONDS = 60.0


def meanings(connection: Connection) -> Mapping[str, str]:
    """Return what the codes of a provider's refusals mean in plain words, as far as it tells."""
    terms = provider(connection.provider).referrals
    return terms.refusals if terms else {}


def trouble_of(
    error: ProviderError, *, name: str, values: set[str], meanings: Mapping[str, str] = MappingProxyType({})
) -> Trouble:
    """Return an error as it is stored: class, code, plain text with the provider's own words masked."""
    own = isinstance(error, Throttled) and not error.by_provider
    code = "own_budget" if own else error.code or (str(error.status) if error.status else "")
    detail = mask(error.detail, parts_of(values)) if isinstance(error, (Refused, AccessRefused)) else ""
    text = error_text(error.error_class, code, name=name, detail=detail, own=isinstance(error, Unfit))
    if isinstance(error, Refused) and code in meanings:
        text = detail if isinstance(error, Unfit) and detail else meanings[code]
    return Trouble(error.error_class, code, text, error.status)


def wait_for_mapping(connection: Connection, item: WorkItem, lost: Blocker, name: str) -> Settlement:
    """Hold a row whose mapping lost something there; said once in the log. In the firm scope, before any call."""
    text = error_text("mapping", lost.code, name=name) + f" It was called “{lost.name}”."
    if (item.last_error_class, item.last_error_text) != ("mapping", text):
        log.write(
            connection=connection, item=item, matter_id=item.subject_id, action="mapping.wait",
            status=SyncLog.Status.NOTE, trouble=Trouble("mapping", lost.code, text),
        )  # fmt: skip
    return work.hold(reason=MAPPING, error_class="mapping", error_code=lost.code, error_text=text)


def settlement_for(
    error: ProviderError, *, item: WorkItem, connection: Connection, name: str, values: set[str]
) -> Settlement:
    """Return how the row goes on after a call that certainly changed nothing. Call it outside any transaction."""
    trouble = trouble_of(error, name=name, values=values, meanings=meanings(connection))
    words = Words(error_class=trouble.error_class, error_code=trouble.error_code, error_text=trouble.text)
    if isinstance(error, Throttled):
        seconds = min(error.seconds, LONGEST_WAIT_SECONDS)
        if error.by_provider:
            limits.report_throttled(connection, seconds)
        return work.wait(seconds=seconds, closes_lane=True, **words)
    if isinstance(error, AuthRejected):
        return _after_rejection(item, connection, name, words)
    if isinstance(error, AccessRefused):
        return work.hold(reason=CONFIGURATION, **words)
    if isinstance(error, Refused):
        return work.dead(**words)
    if isinstance(error, NetworkTrouble):
        return after_transient(item=item, connection=connection, words=words)
    return work.retry(**words)


def _after_rejection(item: WorkItem, connection: Connection, name: str, words: Words) -> Settlement:
    """A 401 gets one question “who am I?”: either our access is gone, or only this call was declined.

    It is asked in the most urgent lane: in the row's own one the refused call would use up the turn each time.
    """
    try:
        broken = confirm_rejected(connection=connection, lane=WorkItem.Lane.BUTTON)
    except Throttled as throttled:
        if item.last_error_class != AuthRejected.error_class:
            return work.wait(seconds=throttled.seconds, **words)
        broken = _refused_twice(item, connection, name)
    except ProviderError:
        return after_transient(item=item, connection=connection, words=words)
    if broken:
        return work.hold(reason="reconnect", **words)
    code = "account_still_valid"
    return work.retry(error_class="auth", error_code=code, error_text=error_text("auth", code, name=name))


def _refused_twice(item: WorkItem, connection: Connection, name: str) -> bool:
    """There is no room for the question, but the second call in a row was refused: that is the answer."""
    with firm_scope(item.firm_id):
        return mark_needs_reconnect(
            connection_id=connection.id, reason=REJECTED.format(name=name), code="rejected",
            token_version=connection.token_version,
        )  # fmt: skip


def after_transient(*, item: WorkItem, connection: Connection, words: Words) -> Settlement:
    """Count a transient failure; from the fifth in a row on nothing uses up attempts, however long the outage lasts."""
    if count_failure(item, connection) >= BREAKER_FAILURES:
        return work.wait(seconds=BREAKER_SECONDS, **words)
    return work.retry(**words)


def count_failure(item: WorkItem, connection: Connection) -> int:
    """Count one transient failure of a connection and, when the breaker opens, set the time of the next probe."""
    with firm_scope(item.firm_id):
        rows = Connection.objects.filter(id=connection.id)
        rows.update(failures_in_row=F("failures_in_row") + 1)
        failures: int = rows.values_list("failures_in_row", flat=True).get()
        if failures >= BREAKER_FAILURES:
            rows.update(breaker_probe_at=database_now() + timedelta(seconds=BREAKER_SECONDS))
    return failures


def count_success(connection: Connection) -> None:
    """Close the breaker: the provider answered. Inside the caller's scope."""
    Connection.objects.filter(id=connection.id).update(failures_in_row=0, breaker_probe_at=None, last_success_at=Now())


def breaker_wait(connection: Connection) -> float:
    """Return the seconds until this connection may be probed, 0 when this row may go (it then is the one probe)."""
    if connection.failures_in_row < BREAKER_FAILURES:
        return 0.0
    now = database_now()
    until = now + timedelta(seconds=BREAKER_SECONDS)
    free = Connection.objects.filter(id=connection.id).exclude(breaker_probe_at__gt=now)
    if free.update(breaker_probe_at=until):
        return 0.0
    current = Connection.objects.values_list("breaker_probe_at", flat=True).get(id=connection.id)
    return max(1.0, (current - now).total_seconds()) if current else 1.0
