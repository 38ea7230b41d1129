"""Addresses of neighbouring pages: the filter stays, the place in the list changes."""

from typing import Any

from django.http import HttpRequest

from casehug.intake.selectors.paging import Page


def page_urls(request: HttpRequest, page: Page[Any]) -> dict[str, str]:
    """Return `next_url` and `previous_url` of a keyset page; empty at the ends."""

    def url(cursor: str) -> str:
        if not cursor:
            return ""
        query = request.GET.copy()
        query["after"] = cursor
        return f"{request.path}?{query.urlencode()}"

    return {"next_url": url(page.next_cursor), "previous_url": url(page.previous_cursor)}
