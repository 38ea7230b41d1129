"""Addresses under which somebody else stands at a provider, as a person said about one client.

Such an address is no identity for this client: it is neither looked up (the same contact would be found again) nor sent
(a provider that merges by e-mail would write this client over the other person). It is kept as a blind index beside the
link, and counts only while the client has that address.
"""

import uuid

from casehug.common.encryption import blind_index
from integrations.contract.identity import normalise_email
from integrations.models import Connection, ExternalLink

CONTACT = "contact"


def mark(link: ExternalLink, email: str) -> None:
    """Note on a client's link that its address belongs to somebody else there. The caller saves the link."""
    link.stranger_bidx = _index(email) if normalise_email(email) else None


def is_strangers(*, connection: Connection, client_id: uuid.UUID, email: str) -> bool:
    """Tell whether a person said that this address is somebody else's there. In the firm scope."""
    if not normalise_email(email):
        return False
    rows = ExternalLink.objects.filter(
        remote_firm=connection.remote_firm, local_type=CONTACT, local_id=client_id, stranger_bidx__isnull=False
    )
    known = rows.values_list("stranger_bidx", flat=True).first()
    return known is not None and bytes(known) == _index(email)


def _index(email: str) -> bytes:
    return blind_index("email:" + normalise_email(email))
