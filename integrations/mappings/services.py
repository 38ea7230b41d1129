"""The doors of this package: where a matter goes, and changing the rows."""

from integrations.mappings.case_type_changes import plan_changes, reset_mapping, reset_mappings, save_mappings
from integrations.mappings.case_types import MappedTarget, MappingRow, broken_mappings, mapping_for, mapping_rows
from integrations.mappings.defaults import resolve_defaults
from integrations.mappings.prepare import is_preparing, prepare_account, prepare_now

__all__ = [
    "MappedTarget",
    "MappingRow",
    "broken_mappings",
    "is_preparing",
    "mapping_for",
    "mapping_rows",
    "plan_changes",
    "prepare_account",
    "prepare_now",
    "reset_mapping",
    "reset_mappings",
    "resolve_defaults",
    "save_mappings",
]
