"""Give a firm its default case types."""

from django.db import transaction

from casehug.audit.services import record
from casehug.intake.data.case_types import DEFAULT_CASE_TYPES, plain_name, spellings_of
from casehug.intake.models import CaseType


@transaction.atomic
def ensure_default_case_types() -> int:
    """Create the default case types this firm does not have; returns how many. A firm's own edits stay."""
    held = set(CaseType.objects.values_list("key", flat=True))
    missing = [
        CaseType(
            key=default.key,
            name=default.name,
            practice_area=default.practice_area,
            blurb=default.blurb,
            questions=default.stored_questions(),
            documents=default.stored_documents(),
            position=position,
        )
        for position, default in enumerate(DEFAULT_CASE_TYPES)
        if default.key not in held
    ]
    CaseType.objects.bulk_create(missing)
    if missing:
        record(action="case_types.defaults_added", object_type="firm", changes={"keys": [each.key for each in missing]})
    return len(missing)


class CaseTypeFinder:
    """Finds a firm's case types by key, name or known spelling; dashes, brackets and case do not matter."""

    def __init__(self) -> None:
        self._by_name: dict[str, CaseType] = {}
        self.all: list[CaseType] = list(CaseType.objects.filter(active=True).order_by("position", "name"))
        for case_type in self.all:
            for name in spellings_of(case_type.key):
                self._by_name.setdefault(plain_name(name), case_type)
        for case_type in self.all:
            self._by_name[plain_name(case_type.key)] = case_type
            self._by_name[plain_name(case_type.name)] = case_type

    def find(self, text: str) -> CaseType | None:
        """Return the case type with this name, or None. Never guesses from a part of a name."""
        return self._by_name.get(plain_name(text))

    def similar(self, text: str) -> list[str]:
        """Return names that share their beginning with the text, as a hint."""
        plain = plain_name(text)
        return [each.name for each in self.all if plain and plain_name(each.name).startswith(plain)]
