"""Where the fields of a form may take their values from: the only list there is, for the page and for what is sent.

Identity, three facts about the case, the client's submitted answers, and our own mark. Nothing else has a key here, so
notes, descriptions and remarks cannot be named, not even by a crafted request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casehug.intake.models import CaseType, PracticeArea
from casehug.intake.selectors.sync import MatterForSync
from integrations.contract.records import Leaf, PrivilegeGuard, Source
from integrations.mappings.sources import IMPORTED, sources

ANSWER = "answer:"
MARK = "system:mark"
IDENTITY: Mapping[str, tuple[str, str]] = {
    "identity:first_name": ("First name", "client_first_name"),
    "identity:last_name": ("Last name", "client_last_name"),
    "identity:email": ("E-mail", "client_email"),
    "identity:phone": ("Phone", "client_phone"),
}
CASE: Mapping[str, str] = {
    "case:title": "Matter title",
    "case:practice_area": "Practice area",
    "case:case_type": "Case type",
}
MARK_LABEL = "CaseHug's mark (recognises the entry after a lost answer)"


@dataclass(frozen=True)
class SourceGroup:
    """Sources under one heading, as (key, label)."""

    title: str
    choices: Sequence[tuple[str, str]]


def groups_for(case_type: CaseType) -> list[SourceGroup]:
    """Return what the fields of a form may be filled from for matters of this case type."""
    asked = {str(one["key"]): str(one.get("label") or one["key"]) for one in case_type.questions}
    mappable = {key: asked.get(key, one.label) for key, one in sources().items() if key in asked or key in IMPORTED}
    questions = [(ANSWER + key, label) for key, label in mappable.items()]
    return [
        SourceGroup("The client", [(key, label) for key, (label, _) in IDENTITY.items()]),
        SourceGroup("The client's answers", questions),
        SourceGroup("The case", list(CASE.items())),
        SourceGroup("CaseHug", [(MARK, MARK_LABEL)]),
    ]


def labels_for(case_type: CaseType) -> dict[str, str]:
    """Return every allowed source key of a case type with its label."""
    return {key: label for group in groups_for(case_type) for key, label in group.choices}


def guess(label: str, field_id: str, case_type: CaseType) -> str:
    """Return the source to offer first for a field: same standard name, or a question worded the same; else ""."""
    if f"identity:{field_id}" in IDENTITY:
        return f"identity:{field_id}"
    worded = " ".join(label.casefold().split()).rstrip(" ?.:")
    for key, words in labels_for(case_type).items():
        if " ".join(words.casefold().split()).rstrip(" ?.:") == worded:
            return key
    return ""


def leaf_for(key: str, matter: MatterForSync, *, mark: str) -> Leaf:
    """Return the tagged value behind a source key, blank when there is none.

    Raises `PrivilegeGuard` for a key that is not on the list and for an answer that no submission stands behind.
    """
    if key in IDENTITY:
        return Leaf(getattr(matter, IDENTITY[key][1]), Source.IDENTITY)
    if key in CASE:
        return Leaf(_case(key, matter), Source.CASE)
    if key == MARK:
        return Leaf(mark, Source.SYSTEM)
    if not key.startswith(ANSWER):
        raise PrivilegeGuard(f"{key}: not a source that may leave")
    given = [one for one in matter.answers if one.question_key == key.removeprefix(ANSWER) and one.value]
    if not given:
        return Leaf("", Source.CLIENT_SUBMISSION)
    if not given[-1].submission_id:
        raise PrivilegeGuard(f"{key}: an answer without a submission")
    return Leaf(given[-1].value, Source.CLIENT_SUBMISSION, str(given[-1].submission_id))


def _case(key: str, matter: MatterForSync) -> str:
    if key == "case:practice_area":
        known = matter.practice_area in PracticeArea.values
        return str(PracticeArea(matter.practice_area).label) if known else matter.practice_area
    return matter.title if key == "case:title" else matter.case_type_name
