"""What stands in a record there: whether a value is filled, and whether it is ours."""

from collections.abc import Mapping
from typing import Any

from integrations.providers.lawmatics.fields import is_standard, same_value
from integrations.providers.lawmatics.mapping import CUSTOM
from integrations.providers.lawmatics.reading import Resource, attribute, related_id, text
from integrations.providers.lawmatics.refusals import CHECKS


def _custom_shown(row: Resource, field_id: str) -> Mapping[str, Any]:
    """Return a mapped field as a record shows it; ids are numbers in older answers, and a field can come twice."""
    if is_standard(field_id):
        return {"value": attribute(row, field_id)}
    shown = attribute(row, "custom_fields")
    entries = [item for item in shown if isinstance(item, dict)] if isinstance(shown, list) else []
    return next((item for item in entries if str(item.get("id")) == field_id), {})


def is_filled(row: Resource, key: str) -> bool:
    """Tell whether something stands in this value of a contact."""
    if key.startswith(CUSTOM):
        return _custom_shown(row, key.removeprefix(CUSTOM)).get("value") not in (None, "", [])
    return bool(text(row, key).strip())


def stands(row: Resource, key: str, value: Any) -> bool:
    """Tell whether a value of ours stands in a matter."""
    if key.startswith(CUSTOM):
        return same_value(value, _custom_shown(row, key.removeprefix(CUSTOM)))
    if key in CHECKS:
        return related_id(row, key.removesuffix("_id")) == str(value)
    return text(row, key).strip() == str(value).strip()
