"""What a matter's form gets: which form, in which mode, and one tagged answer per field. Read with the snapshot."""

from casehug.intake.selectors.sync import MatterForSync
from integrations.contract.forms import BESIDE, FIELD, FORM, INSTEAD, MODE
from integrations.contract.records import Leaf, Source
from integrations.mappings.form_sources import leaf_for
from integrations.mappings.forms import mapping_of
from integrations.models import Connection, ExternalLink, FormMapping
from integrations.sync.outgoing.markers import marker_for
from integrations.sync.records import links

LOCAL_TYPE = "form"
ON_CREATION = "matter.created"


def read(connection: Connection, matter: MatterForSync, *, trigger: str) -> dict[str, Leaf]:
    """Return the entries of `Snapshot.extra` for the form of this matter; empty without one. In the firm scope.

    A form is submitted once: afterwards only the mode counts in which it was, whatever is mapped now. A matter that was
    only just made waits for the client's answers. Raises `PrivilegeGuard` for a source that may not leave.
    """
    link = links.find(connection=connection, local_type=LOCAL_TYPE, local_id=matter.matter_id)
    if link is not None:
        return _mode(submitted_mode(link))
    row = mapping_of(connection, matter.case_type_key)
    if row is None:
        return {}
    if waits(trigger, matter):
        return _mode(row.mode) if row.mode == FormMapping.Mode.INSTEAD else {}
    mark = marker_for(LOCAL_TYPE, matter.matter_id)
    values = {FIELD + name: leaf_for(source, matter, mark=mark) for name, source in sorted(row.sources.items())}
    return _mode(row.mode) | {FORM: Leaf(row.form_id, Source.SYSTEM)} | values


def waits(trigger: str, matter: MatterForSync) -> bool:
    """Tell whether the form has to wait: the matter was only just made, and the client has not answered anything."""
    return trigger == ON_CREATION and not matter.answers


def submitted_mode(link: ExternalLink) -> str:
    """Return the mode in which a matter's form was submitted: it was confirmed as the link's content."""
    return INSTEAD if link.fingerprint.get("mode") == links.fingerprint({"mode": INSTEAD})["mode"] else BESIDE


def _mode(mode: str) -> dict[str, Leaf]:
    return {MODE: Leaf(str(mode), Source.SYSTEM)}
