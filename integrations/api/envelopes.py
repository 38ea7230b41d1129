"""The envelopes of casehug.md §7.2, which every route of the API shares."""

from casehug.firms.api_shapes import PageSerializer, PublicIdField, enveloped, refusals

__all__ = ["PageSerializer", "PublicIdField", "enveloped", "refusals"]
