"""What a search found, written down: the same for the answer to a doubt and for a commit that came far too late."""

from casehug.common import work
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations.contract.errors import AccessRefused, AuthRejected, ProviderError, Throttled
from integrations.contract.identity import normalise_email, normalise_name
from integrations.contract.operations import Found, StepContext
from integrations.contract.records import Snapshot
from integrations.models import Connection, RemoteIntent
from integrations.sync import failures, inline
from integrations.sync.confirm import alert_late_duplicate, confirm
from integrations.sync.doubts import scaled
from integrations.sync.outgoing.masking import sent_values
from integrations.sync.records import contact_keys, links
from integrations.sync.searches.search import Search

LONGEST_WAIT = 60.0


def after_error(found: Search, error: ProviderError) -> Settlement:
    """A search that could not be asked is asked again later; a doubt never ends because the line was bad."""
    name, values = found.provider.name, sent_values(found.snapshot)
    if isinstance(error, (AuthRejected, AccessRefused)):
        settlement = failures.settlement_for(
            error, item=found.item, connection=found.connection, name=name, values=values
        )
        if settlement.status == "held":
            return settlement
    elif isinstance(error, Throttled):
        return failures.settlement_for(error, item=found.item, connection=found.connection, name=name, values=values)
    elif error.error_class == "network":
        failures.count_failure(found.item, found.connection)
    trouble = failures.trouble_of(error, name=name, values=values)
    seconds = min(LONGEST_WAIT, 2.0 ** (1 + min(found.intent.probes_done, 6)))
    with firm_scope(found.item.firm_id):
        RemoteIntent.objects.filter(id=found.intent.id).update(probes_done=found.intent.probes_done + 1)
    return work.wait(
        seconds=scaled(seconds), error_class=trouble.error_class, error_code=trouble.error_code, error_text=trouble.text
    )


def record_found(found: Search, context: StepContext, hits: Found) -> None:
    """Confirm a write by what stands at the provider. Several hits of one write: the lowest stays, all are flagged."""
    ids = links.lowest_first(ref.id for ref in hits.refs)
    lowest = next(ref for ref in hits.refs if ref.id == ids[0])
    link = confirm(
        connection=found.connection, item=found.item, step=found.step, context=context, intent=found.intent,
        ref=lowest, how="" if found.intent.verb == "update" else "reconciled",
    )  # fmt: skip
    if len(ids) > 1:
        links.flag_late_duplicate(link, ids)
        alert_late_duplicate(
            connection=found.connection, item=found.item, intent=found.intent, link=link, action=found.step.action
        )
    if found.intent.kind == "contact":
        remember_contact(found.connection, found.snapshot, link.external_id)
    if found.intent.verb == "inline":
        inline.remember(found.connection, works=True)
    if inline.NOTE in found.intent.carries and found.snapshot.note is not None:
        inline.open_search(found.intent, kind=f"note.{found.snapshot.note.kind}")


def remember_contact(connection: Connection, snapshot: Snapshot, external_id: str) -> None:
    """Note the confirmed contact at its e-mail's mutex, from what was sent."""
    contact = snapshot.contact
    contact_keys.confirm(
        connection=connection, email=normalise_email(str(contact.email.value or "")), external_id=external_id,
        name=normalise_name(str(contact.first_name.value or ""), str(contact.last_name.value or "")),
    )  # fmt: skip
