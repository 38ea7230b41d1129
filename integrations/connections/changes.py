"""What changed in the account's catalogue since it was read last: noted once, sorted out by the mappings later."""

from integrations.connections.options import carry
from integrations.models import CatalogueItem, DriftNote

OPTION = "option"


def label(item: CatalogueItem) -> str:
    """Return an entry's name with its parent: `pipeline / stage`."""
    return f"{item.parent} / {item.name}" if item.parent else str(item.name)


def note(item: CatalogueItem, *, before: str, was_gone: bool) -> None:
    """Note that an entry is gone, there again, or has another name (then it is followed by its id)."""
    after = label(item)
    if item.gone_at is not None:
        _add(item, DriftNote.Change.GONE, before, "")
    elif was_gone:
        _add(item, DriftNote.Change.BACK, before, after)
    elif before != after:
        _add(item, DriftNote.Change.RENAMED, before, after)


def note_options(item: CatalogueItem, before: dict[str, object]) -> None:
    """Carry over what is known about a list field's options, and note those that were renamed or deleted."""
    if not (before.get("options") or item.extra.get("options")):
        return
    item.extra, changes = carry(before, item.extra)
    for one in changes:
        change = DriftNote.Change.RENAMED if one.after else DriftNote.Change.GONE
        after = f"{item.name} / {one.after}" if one.after else ""
        _add(
            item, change, f"{item.name} / {one.before}", after, kind=OPTION, external_id=f"{item.external_id}:{one.id}"
        )


def _add(item: CatalogueItem, change: str, before: str, after: str, *, kind: str = "", external_id: str = "") -> None:
    DriftNote.objects.create(
        connection=item.connection, remote_firm=item.remote_firm, mapping="", item_kind=kind or item.kind,
        external_id=(external_id or item.external_id)[:200], change=change, before=before[:620], after=after[:620],
    )  # fmt: skip
