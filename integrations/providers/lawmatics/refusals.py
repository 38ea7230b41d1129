"""What a refusal means: a linked record that is gone, a mapped id that is gone, or a note that may not ride along.

Lawmatics' texts say nothing reliable (the body of a failed write is not documented), so we ask for the records.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.contract.errors import NotFound
from integrations.contract.http import Api, Exchange
from integrations.contract.operations import StepContext, Write
from integrations.contract.records import Leaf
from integrations.providers.lawmatics.fields import is_standard
from integrations.providers.lawmatics.mapping import CUSTOM

REFUSED = (400, 404, 422)
CHECKS = {
    "stage_id": "/v1/stages/",
    "practice_area_id": "/v1/practice_areas/",
    "sub_status_id": "/v1/sub_statuses/",
    CUSTOM: "/v1/custom_fields/",
}
RECORDS = {"contact": "/v1/contacts/", "matter": "/v1/prospects/"}


def gone_keys(context: StepContext) -> list[str]:
    """Return what was found missing in this account before (`stage_id:7`, `custom_field:3`); it is not sent again."""
    return [str(item) for item in context.profile.get("gone", ())]


def _exists(api: Api, path: str) -> bool:
    try:
        api.read(path, {"fields": "created_at"})
    except NotFound:
        return False
    return True


def lost(context: StepContext, exchange: Exchange, key: str) -> str | None:
    """Ask whether the linked record is still there; a refusal's text says nothing reliable. Costs a call, rarely."""
    if exchange.status not in REFUSED or key not in context.links:
        return None
    return None if _exists(context.api, RECORDS[key] + context.links[key].id) else key


def after_refusal(
    context: StepContext, write: Write, exchange: Exchange, values: Mapping[str, Leaf]
) -> Mapping[str, Any]:
    """After a refusal: which mapped stage, practice area or field is gone there; else try without the inline note."""
    if exchange.status not in REFUSED:
        return {}
    gone = sorted({*gone_keys(context), *_missing(context.api, values)})
    if gone != sorted(gone_keys(context)):
        return {"gone": gone}
    return {"inline_note": False} if "note" in write.carries else {}


def _missing(api: Api, values: Mapping[str, Leaf]) -> Iterable[str]:
    """Yield the keys of mapped ids that the account does not know any more (CaseHug §5 step 2: go on without them)."""
    for key, leaf in values.items():
        if key in CHECKS and not _exists(api, f"{CHECKS[key]}{leaf.value}"):
            yield f"{key}:{leaf.value}"
        elif key.startswith(CUSTOM) and is_standard(key.removeprefix(CUSTOM)):
            continue  # every account has it
        elif key.startswith(CUSTOM) and not _exists(api, CHECKS[CUSTOM] + key.removeprefix(CUSTOM)):
            yield key
