"""sqlmap and wapiti attack the running site: nothing found, no server error. Long form of `manage.py prove` only.

Sabotage: both must find the faults of a page that has them.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.size import LONG, PROVING
from tests.plugin.stack import Stack
from tests.proofs import scanners, weak_site
from tests.proofs.attacked import Site

# Loopback has no TLS, and local settings drop the flag; the deploy check holds production to it.
WITHOUT_TLS = {"Secure Flag cookie"}
# Leaving, ending the session and switching things off would end the attack, not find anything.
LEFT_OUT = ("/accounts/logout/*", "/accounts/sessions/*", "/static/*")


def needs(program: str, *, long: bool = True) -> None:
    """Skip by name where a scanner cannot or shall not run."""
    if long and not LONG:
        pytest.skip(f"{program} attacks a running site: `manage.py prove --long gates`")
    if not long and not PROVING:
        pytest.skip("runs under `manage.py prove`")
    if reason := scanners.missing(program):
        pytest.skip(reason)


@pytest.fixture
def site(stack: Stack, committed_db: None) -> Iterator[Site]:
    made = Site(stack.base_url).fill()
    yield made
    made.close()


def faults_in_log(stack: Stack) -> list[str]:
    """Return what the web server said about errors of ours."""
    lines = (stack.logs / "web.log").read_text("utf-8", "replace").splitlines()
    return [line[:600] for line in lines if re.search(r"\bcode=5\d\d\b|Traceback", line)]


def asked(target: scanners.Target) -> int:
    """Return how an address answers before it is attacked."""
    headers = target.headers | ({"Cookie": target.cookie} if target.cookie else {})
    return requests.get(target.url, headers=headers, timeout=60, allow_redirects=False).status_code


@pytest.mark.parametrize("way", ["pages", "calls", "forms"])
def test_sqlmap_finds_nothing(
    way: str, request: pytest.FixtureRequest, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    needs("sqlmap")
    stack, site = request.getfixturevalue("stack"), request.getfixturevalue("site")
    targets = getattr(site, way)()
    refused = [one.url for one in targets if asked(one) != 200]
    # One call reads at the provider, with which nobody is connected here.
    assert len(refused) <= 1, f"refused before they are attacked, so that nothing would be proved: {refused}"
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda target: scanners.sqlmap(target, tmp_path), targets))
    cleared = sum(len(names) for names, _ in answers)
    record_property("measured", f"sqlmap, {way}: {len(targets)} addresses, {cleared} parameters, 0 injectable")
    assert [finding for _, found in answers for finding in found] == []
    assert faults_in_log(stack) == []


def told(report: dict[str, Any]) -> list[str]:
    """Return what a report of wapiti holds against the site."""
    found = {**report["vulnerabilities"], **report["anomalies"]}
    return [
        f"{name}: {one['method']} {one['path']} {one.get('parameter', '')} {one['info']}"
        for name, all_of_it in found.items()
        for one in all_of_it
        if name not in WITHOUT_TLS and name != "Resource consumption"  # answers that came late: the machine is busy
    ]


@pytest.mark.parametrize("way", ["as an admin", "as nobody"])
def test_wapiti_finds_nothing(
    way: str, request: pytest.FixtureRequest, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    needs("wapiti")
    stack, site = request.getfixturevalue("stack"), request.getfixturevalue("site")
    admin = way == "as an admin"
    public = [target.url for target in site.forms() if target.cookie != site.cookie]
    starts = [target.url for target in site.pages()] if admin else public
    report = scanners.wapiti(
        f"{site.base}/", starts, tmp_path, cookie=site.cookie if admin else "",
        leave_out=[site.base + path for path in LEFT_OUT],
    )  # fmt: skip
    found, seen = told(report), report["infos"]["crawled_pages_nbr"]
    cut = f"; by the clock ended early: {', '.join(report['stopped'])}" if report["stopped"] else ""
    record_property("measured", f"wapiti, {way}: {seen} pages and forms crawled, {len(found)} findings{cut}")
    assert found == [] and seen >= len(starts)
    home = requests.get(f"{site.base}/", headers={"Cookie": site.cookie}, timeout=60, allow_redirects=False)
    assert home.status_code == 200, "the session ended in between: the pages behind it were not attacked"
    assert faults_in_log(stack) == []


def test_sabotage_sqlmap_finds_a_weak_page(tmp_path: Path) -> None:
    needs("sqlmap", long=False)
    with weak_site.running() as url:
        target = scanners.Target(f"{url}?name=Jordan", ("name",))
        _, found = scanners.sqlmap(target, tmp_path, dbms="SQLite")
    assert found and "Parameter: name" in found[0]


def test_sabotage_wapiti_finds_a_weak_page(tmp_path: Path) -> None:
    needs("wapiti", long=False)
    with weak_site.running() as url:
        report = scanners.wapiti(url, [f"{url}?name=Jordan"], tmp_path, scan=30, attack=30, modules="sql,xss")
    assert any("SQL" in one for one in told(report)) and any("Cross Site" in one for one in told(report))
