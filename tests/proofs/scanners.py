"""The two scanners that attack a running site: where they are, how they are started, and what they say in the end.

They are no dependencies of the project: whoever runs the long form brings them (docs/operations.md).
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Attacks that stay on this machine: no module that needs a helper in the internet, guesses passwords, times answers
# (the machine is busy), or looks for other people's products.
WAPITI_MODULES = (
    "sql,xss,permanentxss,exec,file,redirect,crlf,csrf,cookieflags,csp,http_headers,upload,ldap,shellshock,methods,"
    "htaccess,backup"
)
# For each of these modules; whatever the clock ended early is named in the result.
ATTACK_SECONDS = int(os.environ.get("CASEHUG_SCAN_SECONDS") or 45)
PARAMETER = re.compile(r"(?:GET|POST|URI|Cookie)(?: JSON)? parameter '([^']+)' (?:does not seem to be injectable)")
STOPPED = re.compile(r"Max attack time was reached for module (\w+)")
INJECTION = "identified the following injection point"


@dataclass(frozen=True)
class Target:
    """One address to attack. `data` makes it a POST; `names` are the parameters to try."""

    url: str
    names: tuple[str, ...]
    data: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookie: str = ""


def missing(program: str) -> str:
    """Return why a scanner cannot run, empty when it can."""
    return "" if shutil.which(program) else f"{program} is not installed"


def sqlmap(
    target: Target, folder: Path, *, dbms: str = "PostgreSQL"
) -> tuple[list[str], list[str]]:
    """Try SQL into every parameter of an address. Returns the parameters it cleared, and findings."""
    seconds = 120 + 60 * len(target.names)
    out = Path(tempfile.mkdtemp(prefix="sqlmap-", dir=folder))
    command = [
        "sqlmap", "-u", target.url, "-p", ",".join(target.names), "--batch", "--dbms", dbms, "--technique", "BEUQ",
        "--level", "1", "--risk", "1", "--flush-session", "--disable-coloring", "--drop-set-cookie",
        "--ignore-code", "401,403,404,422,429", "--timeout", "60", "--retries", "1", "--output-dir", str(out),
        "--time-limit", str(seconds),
    ]  # fmt: skip
    command += ["--data", target.data] if target.data else []
    command += ["--cookie", target.cookie] if target.cookie else []
    for name, value in target.headers.items():
        command += ["-H", f"{name}: {value}"]
    done = _run(command, seconds=seconds + 60)
    cleared = sorted(set(PARAMETER.findall(done)))
    if INJECTION in done:
        return cleared, [f"{target.url}: {done[done.index(INJECTION) :][:600]}"]
    left = sorted(set(target.names) - set(cleared))
    return cleared, [f"{target.url}: nothing was said of {', '.join(left)}\n{done[-1500:]}"] if left else []


def wapiti(base: str, starts: Sequence[str], folder: Path, *, cookie: str = "", leave_out: Sequence[str] = (),
           scan: int = 120, attack: int = ATTACK_SECONDS, modules: str = WAPITI_MODULES) -> dict[str, Any]:  # fmt: skip
    """Crawl and attack a site, `attack` seconds per module at most.

    Returns its report: `vulnerabilities` and `anomalies` by name, `infos`, and `stopped`, the modules the clock ended.
    """
    report, cookies = folder / "wapiti.json", folder / "cookies.json"
    # A file, not a header: only cookies of its own are kept when the site sets others.
    kept = {name: {"value": value, "secure": False, "expires": None, "port": None, "version": 0}
            for name, _, value in (one.strip().partition("=") for one in cookie.split(";") if one.strip())}  # fmt: skip
    cookies.write_text(json.dumps({urlsplit(base).hostname or "": {"/": kept}}), "utf-8")
    command = [
        "wapiti", "-u", base, "--scope", "folder", "-m", modules, "-d", "2", "--max-links-per-page", "60",
        "--max-files-per-dir", "20", "--max-scan-time", str(scan), "--max-attack-time", str(attack), "--tasks", "2",
        "-t", "60", "-l", "2", "-v", "1", "--no-bugreport", "--flush-session", "-c", str(cookies),
        "--store-session", str(folder / "session"), "--store-config", str(folder / "config"), "-f", "json", "-o",
        str(report),
    ]  # fmt: skip
    for start in starts:
        command += ["-s", start]
    for address in leave_out:
        command += ["-x", address]
    said = _run(command, seconds=scan + attack * (modules.count(",") + 1) + 120)
    assert report.exists(), said[-3000:]
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found | {"stopped": sorted(set(STOPPED.findall(said)))}


def _run(command: Sequence[str], *, seconds: int) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=seconds, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.stdout + done.stderr
