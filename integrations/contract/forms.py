"""What a provider offers for its own intake forms: reading their fields, and one answer in the form a field takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.contract.http import Api
from integrations.contract.records import FieldValue


@dataclass(frozen=True)
class FormField:
    """One field of a form. `options`: (label, value) of a choice. `refused`: why it is never filled, "" if it may be.

    `hidden`: people who fill in the form there do not see it; it can be filled all the same.
    """

    id: str
    label: str
    kind: str = "string"
    required: bool = False
    hidden: bool = False
    options: Sequence[tuple[str, str]] = ()
    refused: str = ""


@dataclass(frozen=True)
class RemoteForm:
    """A form there. `makes`: `matter`, `contact` or "" when it is not told. `blocked`: why it cannot be submitted.

    `read` is False while only its name is known: a list may leave the fields out.
    """

    id: str
    name: str
    makes: str = ""
    fields: Sequence[FormField] = field(default_factory=tuple)
    blocked: Sequence[str] = ()
    read: bool = True


@dataclass(frozen=True)
class RemoteForms:
    """Reads of forms, and the conversion of one answer.

    `listed(api)` and `one(api, id)` raise the errors of `contract.errors` (`NotFound` for a form that is gone);
    `value(field, answer)` raises `ValueError` with a plain reason that does not hold the answer.
    """

    listed: Callable[[Api], Sequence[RemoteForm]]
    one: Callable[[Api, str], RemoteForm]
    value: Callable[[FormField, Any], FieldValue]


FORM, MODE, FIELD = "form.id", "form.mode", "form.field:"
"""Keys of `Snapshot.extra`: which form, `instead` or `beside`, and one tagged answer per field id."""
INSTEAD, BESIDE = "instead", "beside"
