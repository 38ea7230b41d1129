"""Looking at the matters that exist in Lawmatics, 25 on a page (param guide; filter `ilike` with wildcards)."""

from collections.abc import Mapping
from urllib.parse import quote

from integrations.contract.errors import NetworkTrouble, NotFound
from integrations.contract.http import Api
from integrations.contract.matters import MatterPage, RemoteMatter, RemoteMatters
from integrations.providers.lawmatics.reading import PAGE_SIZE, Resource, created, one, text

PATH = "/v1/prospects"
# Never fields=all: it returns social security and driver's licence numbers of the people.
FIELDS = "case_title,first_name,last_name,email,status,created_at"


def page(api: Api, number: int, search: str) -> MatterPage:
    """Read one page, newest first; `search` is any part of the title. `links` name wrong paths: pages go by number."""
    query = {"fields": FIELDS, "sort_by": "created_at", "sort_order": "desc", "page": str(number)}
    if search:
        query |= {"filter_by": "case_title", "filter_on": f"%{search}%", "filter_with": "ilike"}
    body = api.read(PATH, query)
    rows = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(rows, list):
        raise NetworkTrouble("The answer could not be read.", code="unreadable")
    found = [_matter(row) for row in rows if isinstance(row, Mapping) and row.get("id")]
    meta = body.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    total, pages = meta.get("total_entries"), meta.get("total_pages")
    more = number < pages if isinstance(pages, int) else len(rows) >= PAGE_SIZE
    return MatterPage(found, number, total if isinstance(total, int) else None, more and bool(rows))


def read_one(api: Api, matter_id: str) -> RemoteMatter:
    """Read one matter by its id. Raises `NotFound`, also for `data: null`."""
    row = one(api.read(f"{PATH}/{quote(matter_id, safe='')}", {"fields": FIELDS}), "prospect")
    if row is None:
        raise NotFound("Lawmatics does not know this matter.", status=404, code="not_found")
    return _matter(row)


def _matter(row: Resource) -> RemoteMatter:
    moment = created(row)
    person = " ".join(f"{text(row, 'first_name')} {text(row, 'last_name')}".split())
    return RemoteMatter(
        id=str(row["id"]),
        title=" ".join(text(row, "case_title").split())[:300] or f"Matter {row['id']}",
        person=person[:200],
        email=text(row, "email")[:254],
        status=text(row, "status")[:80],
        created=moment.date().isoformat() if moment else "",
    )


MATTERS = RemoteMatters(page=page, one=read_one)
