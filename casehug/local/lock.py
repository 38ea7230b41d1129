"""Renews the hashed lock files with the pinned uv; one file serves Linux and macOS, Python 3.11 to 3.14."""

import subprocess

from casehug.local.bootstrap import ENVIRONMENT, LOCKS, handed_on
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


def compile_all(*, upgrade: bool) -> int:
    """Compile run, local and dev; returns 0. `bootstrap.txt` pins uv itself and changes by hand."""
    uv = ENVIRONMENT / "bin" / "uv"
    if not uv.exists():
        raise LocalError("uv is not in the environment: remove .venv and try again with a package index in reach.")
    for name, extra in SETS.items():
        command = [str(uv), "pip", "compile", *OPTIONS, "pyproject.toml", *extra, "-o", f"requirements/{name}.txt"]
        if upgrade:
            command.append("--upgrade")
        environment = {"PATH": "/usr/bin:/bin", "UV_NO_CACHE": "1", "UV_NO_CONFIG": "1"} | handed_on()
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalError(f"{name}.txt could not be compiled:\n{done.stderr}")
        print(f"{LOCKS / name}.txt is up to date")
    return 0
