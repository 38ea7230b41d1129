"""The life of a receiver: subscribe, change, rotate its secret, switch off and on, remove. Each is audited."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import TypedDict, Unpack

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.common.secret import Secret
from casehug.common.work import database_now
from integrations.contract.errors import Refused
from integrations.models import WebhookEndpoint, WebhookSecret
from integrations.outbound import health
from integrations.outbound.addresses import Target
from integrations.outbound.catalogue import ALL, can_be_chosen
from integrations.outbound.payloads import CURRENT
from integrations.outbound.signatures import new_secret

OVERLAP = timedelta(hours=24)
MOST_OLD_SECRETS = 2
MOST_RECEIVERS = 100
NO_AGREEMENT = "Confirm first that an agreement (BAA) with the receiver covers client data."


class Wishes(TypedDict, total=False):
    """What may be said about a receiver; a missing key stays as it is."""

    target: Target
    description: str
    events: Sequence[str]
    with_client_data: bool
    agreement_confirmed: bool
    older_signature: bool


def subscribe(
    *, kind: str = "webhook", active: bool = True, **wishes: Unpack[Wishes]
) -> tuple[WebhookEndpoint, Secret]:
    """Add a receiver in the firm scope; returns it and its signing secret, which is never readable again.

    `target` comes from `egress.check_url`, `events` are names of the catalogue or `*`. Raises `Refused` (code = field).
    """
    rows = WebhookEndpoint.objects.filter(deleted_at__isnull=True)
    if rows.count() >= MOST_RECEIVERS:
        raise Refused(f"No more than {MOST_RECEIVERS} receivers are possible. Remove one first.", code="url")
    made = WebhookEndpoint(kind=kind, version=CURRENT, created_by_id=current_actor_id())
    if "target" not in wishes:
        raise Refused("Enter the address.", code="url")
    _apply(made, {"events": [], **wishes})
    if not active:
        made.active, made.off_by, made.off_reason = False, WebhookEndpoint.OffBy.PERSON, "Added switched off."
        made.off_at = database_now()
    made.save(force_insert=True)
    secret = _new_secret(made)
    record(action="webhook.subscribed", object_type="webhook_endpoint", object_id=made.id,
           changes={"kind": kind, "events": made.events, "client_data": made.with_client_data})  # fmt: skip
    return made, secret


def change(*, endpoint_id: uuid.UUID, **wishes: Unpack[Wishes]) -> WebhookEndpoint:
    """Change a receiver; what is queued for it keeps the body it was frozen with. Raises `Refused`, `DoesNotExist`."""
    endpoint = locked(endpoint_id)
    before = {"events": endpoint.events, "client_data": endpoint.with_client_data,
              "older_signature": endpoint.older_signature, "description": endpoint.description}  # fmt: skip
    _apply(endpoint, wishes)
    after = {"events": endpoint.events, "client_data": endpoint.with_client_data,
             "older_signature": endpoint.older_signature, "description": endpoint.description}  # fmt: skip
    endpoint.save()
    changed = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if "target" in wishes:
        changed["address"] = ["", "changed"]
    if changed:
        record(action="webhook.changed", object_type="webhook_endpoint", object_id=endpoint.id, changes=changed)
    return endpoint


def _apply(endpoint: WebhookEndpoint, wishes: Wishes) -> None:
    if "events" in wishes:
        endpoint.events = checked_events(wishes["events"])
    if "description" in wishes:
        endpoint.description = " ".join(wishes["description"].split())[:200]
    if "older_signature" in wishes:
        endpoint.older_signature = wishes["older_signature"]
    if wishes.get("with_client_data") and not endpoint.with_client_data:
        if not wishes.get("agreement_confirmed"):
            raise Refused(NO_AGREEMENT, code="agreement_confirmed")
        endpoint.agreement_confirmed_at, endpoint.agreement_confirmed_by_id = database_now(), current_actor_id()
    if "with_client_data" in wishes:
        endpoint.with_client_data = wishes["with_client_data"]
    if "target" in wishes:
        endpoint.seal_url(wishes["target"].url)


def checked_events(names: Sequence[str]) -> list[str]:
    """Return the chosen events without repeats. Raises `Refused` for none or an unknown one."""
    if ALL in names:
        return [ALL]
    unknown = [name for name in names if not can_be_chosen(name)]
    if unknown:
        raise Refused(f"There is no event called {unknown[0][:60]}.", code="events")
    if not names:
        raise Refused("Choose at least one event.", code="events")
    return list(dict.fromkeys(names))


def locked(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    """Return a receiver that is not removed, locked. Raises `WebhookEndpoint.DoesNotExist`."""
    found: WebhookEndpoint = WebhookEndpoint.objects.select_for_update().get(id=endpoint_id, deleted_at__isnull=True)
    return found


def rotate(*, endpoint_id: uuid.UUID) -> Secret:
    """Make a new secret; the one before signs along for 24 hours, at most two old ones do. Returns it, this once."""
    endpoint, now = locked(endpoint_id), database_now()
    rows = WebhookSecret.objects.filter(endpoint=endpoint)
    rows.filter(ends_at__lte=now).delete()
    rows.filter(ends_at__isnull=True).update(ends_at=now + OVERLAP)
    kept = list(rows.order_by("-created_at", "-id").values_list("id", flat=True)[:MOST_OLD_SECRETS])
    rows.exclude(id__in=kept).delete()
    secret = _new_secret(endpoint)
    record(action="webhook.secret_rotated", object_type="webhook_endpoint", object_id=endpoint.id)
    return secret


def end_old_secrets(*, endpoint_id: uuid.UUID) -> int:
    """Let only the newest secret sign from now on. Returns how many ended."""
    endpoint = locked(endpoint_id)
    count, _ = WebhookSecret.objects.filter(endpoint=endpoint, ends_at__isnull=False).delete()
    if count:
        record(action="webhook.old_secrets_ended", object_type="webhook_endpoint", object_id=endpoint.id)
    return count


def _new_secret(endpoint: WebhookEndpoint) -> Secret:
    secret = new_secret()
    row = WebhookSecret(endpoint=endpoint, ends_in=secret.reveal()[-4:], created_by_id=current_actor_id())
    row.seal_value(secret)
    row.save(force_insert=True)
    return secret


def switch_off(*, endpoint_id: uuid.UUID, reason: str) -> bool:
    """Switch a receiver off by hand; nothing is kept for it meanwhile. Returns False when it was off."""
    endpoint = locked(endpoint_id)
    if not endpoint.active:
        return False
    health.switch_off(endpoint, by=WebhookEndpoint.OffBy.PERSON, reason=reason.strip(), now=database_now())
    return True


def switch_on(*, endpoint_id: uuid.UUID) -> bool:
    """Switch a receiver on again. Returns False when it was on."""
    endpoint = locked(endpoint_id)
    if endpoint.active:
        return False
    health.switch_on(endpoint)
    return True


def remove(*, endpoint_id: uuid.UUID) -> None:
    """Remove a receiver; what was waiting for it is not sent any more. Raises `WebhookEndpoint.DoesNotExist`."""
    endpoint = locked(endpoint_id)
    health.wipe(endpoint, by=WebhookEndpoint.OffBy.PERSON, now=database_now())
    record(action="webhook.unsubscribed", object_type="webhook_endpoint", object_id=endpoint.id,
           changes={"by": "person"})  # fmt: skip
