"""Records that go out. Every leaf carries its source; the privilege guard lets only listed sources pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FieldValue = str | int | bool | tuple[str, ...]
"""What a custom field may hold; several chosen options of a list are a tuple of their names."""
CUSTOM_FIELD = "custom_field:"
"""Content keys of mapped fields begin with this, also in `profile["gone"]`."""


class Source(StrEnum):
    """Where a value came from. Notes, work product, remarks and messages have no member: they have no way out."""

    CLIENT_SUBMISSION = "client_submission"
    IDENTITY = "identity"
    CASE = "case"
    SYSTEM = "system"
    COMPOSED = "composed"


@dataclass(frozen=True)
class Leaf:
    """One value on its way out: the value, its source, and for client answers the submission it came from."""

    value: FieldValue | None
    source: Source
    reference: str = ""

    def __bool__(self) -> bool:
        return self.value not in (None, "", ())


@dataclass(frozen=True)
class CustomValue:
    """A mapped custom field: the remote field id (system) and the converted value (client submission)."""

    field_id: Leaf
    value: Leaf

    @property
    def key(self) -> str:
        """Key of this value in the content of a step (`custom_field:71`)."""
        return f"{CUSTOM_FIELD}{self.field_id.value}"


@dataclass(frozen=True)
class ContactRecord:
    """A client as a provider may see it (CH-1): identity and mapped custom fields, nothing else."""

    local_id: str
    first_name: Leaf
    last_name: Leaf
    email: Leaf
    phone: Leaf
    custom_fields: tuple[CustomValue, ...] = ()


@dataclass(frozen=True)
class MatterRecord:
    """A matter as a provider may see it (CH-2). `stage_id`, `practice_area_id`: remote ids, empty when unmapped."""

    local_id: str
    title: Leaf
    practice_area_id: Leaf
    stage_id: Leaf
    custom_fields: tuple[CustomValue, ...] = ()


@dataclass(frozen=True)
class NoteRecord:
    """The activity that logs the intake (CH-3): `kind` is `intake_completed` or `intake_status`."""

    local_id: str
    kind: str
    name: Leaf
    body: Leaf


@dataclass(frozen=True)
class Snapshot:
    """Everything one sync of one matter may send, read in one transaction from the latest state."""

    contact: ContactRecord
    matter: MatterRecord
    note: NoteRecord | None
    extra: Mapping[str, Any] = field(default_factory=dict)


class PrivilegeGuard(RuntimeError):
    """A value without an allowed source was on its way out; nothing was sent."""


@dataclass(frozen=True)
class SealedBody:
    """The only thing a provider client sends as a body. Built by `seal_body`; knows which field came from where."""

    payload: Mapping[str, Any]
    origins: tuple[tuple[str, str, str], ...]  # (field path, source, reference)


def _unwrap(path: str, node: Any, origins: list[tuple[str, str, str]]) -> Any:
    if isinstance(node, Leaf):
        if node.source not in tuple(Source):
            raise PrivilegeGuard(f"{path}: unknown source")
        origins.append((path, str(node.source), node.reference))
        return node.value
    if isinstance(node, Mapping):
        return {key: _unwrap(f"{path}.{key}" if path else str(key), value, origins) for key, value in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, (str, bytes)):
        return [_unwrap(f"{path}[{index}]", value, origins) for index, value in enumerate(node)]
    raise PrivilegeGuard(f"{path}: a value without a source tag")


def seal_body(tree: Mapping[str, Any]) -> SealedBody:
    """Build a request body from tagged leaves and nothing else.

    `tree` is nested mappings and sequences whose leaves are `Leaf`; keys are the provider's field names. Raises
    `PrivilegeGuard` for any bare value or unknown source. Every body that leaves goes through here.
    """
    origins: list[tuple[str, str, str]] = []
    return SealedBody(_unwrap("", tree, origins), tuple(origins))
