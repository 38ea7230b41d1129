"""The doors of this package: where a matter goes, and changing the rows."""

from integrations.mappings.case_types import (
    MappedTarget,
    MappingRow,
    broken_mappings,
    mapping_for,
    mapping_rows,
    reset_mapping,
    save_mappings,
)
from integrations.mappings.defaults import resolve_defaults
from integrations.mappings.prepare import is_preparing, prepare_account, prepare_now

__all__ = [
    "MappedTarget",
    "MappingRow",
    "broken_mappings",
    "is_preparing",
    "mapping_for",
    "mapping_rows",
    "prepare_account",
    "prepare_now",
    "reset_mapping",
    "resolve_defaults",
    "save_mappings",
]
