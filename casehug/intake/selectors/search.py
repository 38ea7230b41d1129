"""Find matters and clients by words; accents and case do not matter."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from casehug.common.ids import parse_public_id
from casehug.intake.identity import email_key
from casehug.intake.models import Client, Matter
from casehug.intake.text import fold

MAX_WORDS = 6


def _words(text: str) -> list[str]:
    return fold(text).split()[:MAX_WORDS]


def _digits(word: str) -> str:
    return re.sub(r"\D", "", word)


def _client_word(word: str, prefix: str = "") -> Q:
    found = Q(**{f"{prefix}search_text__contains": word})
    digits = _digits(word)
    if len(digits) >= 4 and re.fullmatch(r"[\d()+. -]+", word):
        found |= Q(**{f"{prefix}phone__contains": digits})
    return found


def matching_matters(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Keep the matters whose title, reference, county or client has every word; a public id finds its matter."""
    by_id = parse_public_id("mat", text.strip())
    if by_id is not None:
        return rows.filter(id=by_id)
    for word in _words(text):
        rows = rows.filter(Q(search_text__contains=word) | _client_word(word, "client__"))
    return rows


def matching_clients(text: str) -> QuerySet[Client]:
    """Return the clients whose name, e-mail, phone or reference has every word."""
    rows = Client.objects.all()
    by_id = parse_public_id("cli", text.strip())
    if by_id is not None:
        return rows.filter(id=by_id)
    for word in _words(text):
        rows = rows.filter(_client_word(word))
    return rows


@dataclass(frozen=True)
class SearchResult:
    """What the search in the top bar shows; `more_…` tells that the list is cut."""

    matters: tuple[Any, ...]
    clients: tuple[Any, ...]
    more_matters: bool
    more_clients: bool


def search(text: str, *, limit: int = 20) -> SearchResult:
    """Search matters and clients, changed last first. An empty text finds nothing."""
    if not _words(text):
        return SearchResult((), (), False, False)
    found = matching_matters(Matter.objects.select_related("client", "case_type"), text).order_by("-updated_at", "-id")
    people = matching_clients(text).annotate(matters_count=Count("matters")).order_by("-updated_at", "-id")
    matters, clients = list(found[: limit + 1]), list(people[: limit + 1])
    return SearchResult(tuple(matters[:limit]), tuple(clients[:limit]), len(matters) > limit, len(clients) > limit)


def possible_duplicates(
    *, first_name: str = "", last_name: str = "", email: str = "", phone: str = "", limit: int = 5
) -> list[Client]:
    """Return clients that may be the same person: same mailbox, number or full name. A hint, never a rule."""
    same = Q(pk__in=[])
    if email.strip():
        same |= Q(email_key=email_key(email))
    digits = _digits(phone)
    if len(digits) >= 7:
        same |= Q(phone__endswith=digits[-10:])
    if first_name.strip() and last_name.strip():
        name = fold(f"{first_name} {last_name}")
        same |= Q(search_text=name) | Q(search_text__startswith=name + " ")
    return list(Client.objects.filter(same).order_by("-updated_at", "-id")[:limit])
