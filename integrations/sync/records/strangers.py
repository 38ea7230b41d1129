"""Addresses under which somebody else stands at a provider, as a person said about one client.

Such an address is no identity for this client: it is neither looked up (the same contact would be found again) nor sent
(a provider that merges by e-mail would write this client over the other person). It is kept as a blind index beside the
link, and counts only while the client has that address.
"""

import uuid

from django.db import connection as database

from casehug.common.encryption import blind_index
from casehug.common.scope import current_firm_id
from integrations.contract.identity import normalise_email
from integrations.models import Connection, ExternalLink

CONTACT = "contact"
_KNOWN = """
    SELECT stranger_bidx FROM integrations_externallink
    WHERE firm_id = %s AND remote_firm = %s AND local_type = %s AND local_id = %s"""


def mark(link: ExternalLink, email: str) -> None:
    """Note on a client's link that its address belongs to somebody else there. The caller saves the link."""
    link.stranger_bidx = _index(email) if normalise_email(email) else None


def is_strangers(*, connection: Connection, client_id: uuid.UUID, email: str) -> bool:
    """Tell whether a person said that this address is somebody else's there. In the firm scope."""
    if not normalise_email(email):
        return False
    with database.cursor() as cursor:
        cursor.execute(_KNOWN, [current_firm_id(), connection.remote_firm, CONTACT, client_id])
        row = cursor.fetchone()
    return row is not None and row[0] is not None and bytes(row[0]) == _index(email)


def _index(email: str) -> bytes:
    return blind_index("email:" + normalise_email(email))
