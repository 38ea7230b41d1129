"""Hand a large file out: a signed address of this installation that gives exactly one file, for a day.

The address is the whole credential. It names the file by ids only; every use is on record.
"""

import uuid
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.urls import reverse

from casehug.audit.services import record
from casehug.common.scope import firm_scope
from casehug.referrals.errors import NotFound, Refused
from casehug.referrals.models import Attachment
from casehug.referrals.services.files import attachment_path

VALID_SECONDS = 24 * 3600
SALT = "casehug.referral-handout"
NOT_PUBLIC = (
    "This file is too large to be sent directly, so the exchange has to fetch it from here, and that needs a public "
    "https address of CaseHug. The operator sets it (CASEHUG_BASE_URL); until then share a smaller file."
)
_PRIVATE_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".test")


@dataclass(frozen=True)
class Handout:
    """One file on its way out."""

    path: Path
    name: str
    content_type: str


def has_public_address() -> bool:
    """Tell whether somebody outside can reach this installation by its address, as far as the address tells."""
    parts = urlsplit(settings.CASEHUG_BASE_URL)
    host = (parts.hostname or "").lower()
    try:
        return parts.scheme == "https" and ip_address(host).is_global
    except ValueError:
        return parts.scheme == "https" and "." in host and not host.endswith(_PRIVATE_ENDINGS)


def handout_url(attachment: Attachment) -> str:
    """Return the address from which this one file can be fetched for a day. In the firm scope.

    Raises Refused (`no_public_address`), NotFound (there is no copy here).
    """
    attachment_path(attachment)
    if not has_public_address():
        raise Refused("no_public_address", NOT_PUBLIC)
    told = {"firm": attachment.firm_id.hex, "file": attachment.id.hex, "is": attachment.sha256[:16]}
    token = signing.dumps(told, salt=SALT)
    record(action="referral.file_address_made", object_type="attachment", object_id=attachment.id)
    return f"{settings.CASEHUG_BASE_URL.rstrip('/')}{reverse('referral_handout', args=[token])}"


def handed_out(token: str) -> Handout:
    """Return the file behind an address; call it outside any scope.

    Raises NotFound for an address that is forged or out of date, and for a file that is gone or another by now.
    """
    try:
        told = signing.loads(token, salt=SALT, max_age=VALID_SECONDS)
        firm_id, attachment_id, mark = uuid.UUID(told["firm"]), uuid.UUID(told["file"]), str(told["is"])
    except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
        raise NotFound("attachment") from error
    with firm_scope(firm_id):
        row: Attachment | None = Attachment.objects.filter(id=attachment_id, direction="out").first()
        if row is None or row.sha256[:16] != mark or row.state == Attachment.State.REMOVED:
            raise NotFound("attachment")
        path = attachment_path(row)
        if not path.is_file():
            raise NotFound("attachment")
        record(action="referral.file_handed_out", object_type="attachment", object_id=row.id)
        return Handout(path, row.name, row.content_type)
