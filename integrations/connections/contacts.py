"""Reading single records that exist at a provider, for a person who compares: from the shared budget, none is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from casehug.common.models import WorkItem
from integrations.connections.matters import PATIENCE
from integrations.connections.open_api import note_throttle, open_api
from integrations.contract.contacts import RemoteContact
from integrations.contract.errors import NotFound, ProviderError
from integrations.contract.http import Api
from integrations.contract.matters import RemoteMatter
from integrations.contract.provider import Provider
from integrations.models import Connection

CONTACT, MATTER = "contact", "matter"
MOST_READ = 6
"""Records read one by one, beside those a list by e-mail has brought."""
Record = RemoteContact | RemoteMatter


@dataclass
class Looked:
    """What stands there: the records found by id, and the ids that are not there any more."""

    found: dict[str, Record] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


def reader_of(declared: Provider, kind: str) -> Callable[[Api, str], Record] | None:
    """Return how one record of a kind is read, None when the provider offers no such read."""
    if kind == CONTACT and declared.contacts:
        return declared.contacts.one
    return declared.matters.one if kind == MATTER and declared.matters else None


def look(*, connection: Connection, declared: Provider, kind: str, ids: Sequence[str], email: str = "") -> Looked:
    """Read these records and, of contacts, all others with the address. Call it outside any transaction.

    One call for the address and one for each id it did not bring. Raises the errors of `contract.errors`.
    """
    looked, read = Looked(), reader_of(declared, kind)
    if read is None:
        return looked
    try:
        api = open_api(connection, lane=WorkItem.Lane.BUTTON, may_refresh=False, patience=PATIENCE)
        if email and kind == CONTACT and declared.contacts:
            looked.found |= {one.id: one for one in declared.contacts.by_email(api, email)}
        for wanted in [one for one in ids if one and one not in looked.found][:MOST_READ]:
            try:
                looked.found[wanted] = read(api, wanted)
            except NotFound:
                looked.gone.add(wanted)
    except ProviderError as problem:
        note_throttle(connection, problem)
        raise
    return looked
