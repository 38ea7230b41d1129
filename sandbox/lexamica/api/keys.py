"""The two kinds of keys: how one arrives, and what it may do."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest

from sandbox.lexamica import catalogue
from sandbox.lexamica.refusals import Refusal
from sandbox.lexamica.store import Record
from sandbox.lexamica.world import World


@dataclass
class Credentials:
    """The key a request came with: whose it is, of which tier, and whether it stood in the address."""

    given: bool
    organization: Record | None
    tier: str
    in_url: bool

    def admit(self, world: World, params: dict[str, str], wanted: str) -> None:
        """Raise Refusal unless this key may call an operation of the `wanted` tier for the organization named."""
        if not self.given:
            raise Refusal("missing_key")
        if self.organization is None:
            raise Refusal("unknown_key")
        if self.in_url and self.tier not in catalogue.value("auth.query_form_for"):
            raise Refusal("unknown_key")
        named = params[catalogue.text("auth.organization_parameter")]
        if named != self.organization.id:
            found = any(organization.id == named for organization in world.organizations())
            raise Refusal("foreign_organization" if found else "organization_not_found")
        upward = wanted == "public" and self.tier == "private" and catalogue.value("auth.private_key_on_inbound")
        if self.tier != wanted and not upward:
            raise Refusal("wrong_key")

    def hide(self, query: str) -> str:
        """A query string without the key in it, for the log."""
        if not self.in_url:
            return query
        names = catalogue.value("auth.query_parameters_accepted")
        return urlencode([(name, "…" if name in names else value) for name, value in parse_qsl(query)], safe="…")


def credentials(world: World, request: HttpRequest) -> Credentials:
    """The key of a request: from the header, else from the address."""
    before, _, after = catalogue.text("auth.value").partition("{key}")
    header = request.headers.get(catalogue.text("auth.header"), "")
    if header:
        fits = header.startswith(before) and header.endswith(after)
        key = header[len(before) : len(header) - len(after)] if fits else ""
        return _owner(world, key, in_url=False)
    for name in catalogue.value("auth.query_parameters_accepted"):
        if request.GET.get(name):
            return _owner(world, request.GET[name], in_url=True)
    return Credentials(False, None, "", False)


def _owner(world: World, key: str, *, in_url: bool) -> Credentials:
    for organization in world.organizations():
        for tier in ("public", "private"):
            if key and hmac.compare_digest(organization.doc[f"{tier}_key"].encode(), key.encode()):
                return Credentials(True, organization, tier, in_url)
    return Credentials(True, None, "", in_url)
