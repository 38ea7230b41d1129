"""Renews the hashed lock files with the pinned uv; one file serves Linux and macOS, Python 3.11 to 3.14."""

import os
import subprocess

from casehug.local.bootstrap import ENVIRONMENT, LOCKS, get_uv, handed_on
from casehug.local.errors import LocalError
from casehug.local.state import PROJECT

OPTIONS = [
    "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
    "--no-header", "--quiet",
]  # fmt: skip
# Name → what it adds to the product's dependencies; each takes the narrower one as constraint.
SETS: dict[str, list[str]] = {
    "run": [],
    "local": ["--group", "local", "-c", "requirements/run.txt"],
    "dev": ["--group", "local", "--group", "dev", "-c", "requirements/local.txt"],
}


def own_settings() -> dict[str, str]:
    """Return what the caller set for uv and its certificates; `handed_on` leaves these to the environment."""
    return {name: value for name, value in os.environ.items() if name.startswith(("UV_", "SSL_CERT_"))}


def compile_all(*, upgrade: bool) -> int:
    """Compile run, local and dev; returns 0. `bootstrap.txt` pins uv itself and changes by hand."""
    uv = ENVIRONMENT / "bin" / "uv"
    if not uv.exists() and not get_uv():  # an environment that pip built has none
        raise LocalError("uv cannot be installed into .venv; is the network or the package index reachable?")
    for name, extra in SETS.items():
        command = [str(uv), "pip", "compile", *OPTIONS, "pyproject.toml", *extra, "-o", f"requirements/{name}.txt"]
        if upgrade:
            command.append("--upgrade")
        environment = {"PATH": "/usr/bin:/bin", "UV_NO_CACHE": "1", "UV_NO_CONFIG": "1"} | own_settings() | handed_on()
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalError(f"{name}.txt could not be compiled:\n{done.stderr}")
        print(f"{LOCKS / name}.txt is up to date")
    return 0
