"""Filters of the list of matters that other apps add (slot `matter_list_filters`); the product knows none of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import QuerySet

from casehug.common import slots


@dataclass(frozen=True)
class AddedFilter:
    """One more choice beside the list's own: `name` stands in the address, `options` maps values to words,

    `narrow` takes a queryset of matters and one of the values, and returns the matters it leaves.
    """

    name: str
    label: str
    options: Mapping[str, str]
    narrow: Callable[[QuerySet[Any], str], QuerySet[Any]]


def added_filters() -> list[AddedFilter]:
    """Return what the slot's fillers offer this firm. In the firm scope."""
    return list(chain.from_iterable(slots.fill("matter_list_filters")))
