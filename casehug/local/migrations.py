"""Runs the migrations as the owner role, and knows when nothing has changed since the last time."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from casehug.local.bootstrap import lock_hash
from casehug.local.environment import process_environment
from casehug.local.errors import LocalError
from casehug.local.state import PROJECT


def fingerprint(data: Path, secret: str) -> str:
    """Return what the migrated state depends on: all migration files, the locked packages, this very cluster."""
    found = hashlib.sha256(f"{lock_hash('local')} {data} {secret}".encode())
    for package in ("casehug", "integrations"):
        for path in sorted((PROJECT / package).glob("**/migrations/*.py")):
            found.update(f"{path.relative_to(PROJECT)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def migrate(variables: dict[str, str]) -> None:
    """Apply what is pending; without the owner's URL only check that nothing is."""
    command = [sys.executable, "manage.py", "migrate", "--noinput", "--skip-checks"]
    if "DATABASE_OWNER_URL" not in variables and not os.environ.get("DATABASE_OWNER_URL"):
        command.append("--check")
        variables = variables | {"CASEHUG_MIGRATE": "0"}
    else:
        variables = variables | {"CASEHUG_MIGRATE": "1"}
    environment = process_environment(variables)
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode and command[-1] == "--check":
        raise LocalError("The database is not migrated; set DATABASE_OWNER_URL so that `up` can do it.")
    if done.returncode:
        lines = f"{done.stdout}{done.stderr}".splitlines()[-15:]
        raise LocalError("The database could not be migrated:\n" + "\n".join(lines))
