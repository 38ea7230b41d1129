"""Build the checklist of a matter from its case type and state."""

from typing import Any

from casehug.intake.models import Document, DocumentStatus, Matter


def wanted_entries(matter: Matter) -> list[dict[str, Any]]:
    """Return the case type's checklist entries that apply in the matter's state."""
    return [
        entry
        for entry in matter.case_type.documents
        if not entry.get("states") or matter.state in entry.get("states", [])
    ]


def build_items(matter: Matter) -> list[Document]:
    """Return the matter's checklist as rows that are not stored yet."""
    return [
        Document(
            matter=matter,
            key=entry["key"],
            name=entry["name"],
            category=entry["category"],
            description=entry["why"],
            instructions=entry.get("instructions", ""),
            required=entry["required"],
            accepted_types=entry["accepted_types"],
            max_size_mb=entry["max_size_mb"],
            position=position,
        )
        for position, entry in enumerate(wanted_entries(matter))
    ]


def add_missing_items(matter: Matter) -> None:
    """Add the items the matter does not have yet. Items staff added stay."""
    held = set(Document.objects.filter(matter=matter).values_list("key", flat=True))
    Document.objects.bulk_create(item for item in build_items(matter) if item.key not in held)


def swap_case_type_items(matter: Matter) -> None:
    """After a change of case type or state: untouched items of the old checklist go, those of the new one come."""
    wanted = {entry["key"] for entry in wanted_entries(matter)}
    untouched = Document.objects.filter(matter=matter, status=DocumentStatus.PENDING, uploads__isnull=True)
    untouched.exclude(key="").exclude(key__in=wanted).delete()
    add_missing_items(matter)
