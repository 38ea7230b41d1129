"""Builds `.venv` from the hashed lock files and continues inside it. Standard library only.

It writes only inside the project folder and deletes only an environment that carries its own marker.
"""

import ast
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

PROJECT = Path(__file__).resolve().parents[2]
ENVIRONMENT = PROJECT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
MARKER = ENVIRONMENT / "casehug-environment"  # "manage.py made this folder"
STAMP = ENVIRONMENT / "casehug-stamp.json"  # "and it is complete"; written last
LOCKS = PROJECT / "requirements"
DEV_COMMANDS = {"test", "prove", "bench", "lock"}
# Set by `manage.py` before it starts itself again, so that a broken environment cannot make a loop.
SECOND_ROUND = "CASEHUG_BOOTSTRAPPED"
# pip's settings → uv's variables: uv does not read pip's configuration.
HANDED_ON = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
}


class BuildError(Exception):
    """The environment could not be built; the text says why."""


def ensure(argv: list[str]) -> None:
    """Return only inside a current environment: otherwise build it if needed and start the command again in it.

    CASEHUG_NO_BOOTSTRAP=1 means an environment of your own: nothing is created, installed or started again.
    """
    if os.environ.get("CASEHUG_NO_BOOTSTRAP") == "1":
        return
    wanted = "dev" if len(argv) > 1 and argv[1] in DEV_COMMANDS else "local"
    second = os.environ.pop(SECOND_ROUND, "")
    inside = Path(sys.prefix).resolve() == ENVIRONMENT.resolve()
    if inside and is_current(wanted):
        return
    if second:
        _stop(f"the environment in {ENVIRONMENT} was built but cannot be used ({sys.executable})")
    if not is_current(wanted):
        with (LOCKS / "bootstrap.txt").open("rb") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            if not is_current(wanted):  # another start may have built it while we waited
                try:
                    build(wanted)
                except BuildError as error:
                    _stop(str(error))
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), *argv], {**os.environ, SECOND_ROUND: "1"})


def _stop(reason: str) -> NoReturn:
    sys.exit(f"CaseHug cannot start: {reason}")


def lock_hash(name: str) -> str:
    """Return the hash of a lock file, the interpreter's version and the platform."""
    parts = [platform.python_implementation(), f"{sys.version_info[:2]}", platform.system(), platform.machine()]
    return hashlib.sha256((LOCKS / f"{name}.txt").read_bytes() + "|".join(parts).encode()).hexdigest()


def read_stamp() -> dict[str, str]:
    """Return the stamp of a complete environment, empty when there is none."""
    try:
        found = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def is_current(wanted: str) -> bool:
    """Whether `.venv` holds the wanted set as locked now. The dev set contains the local one."""
    stamp = read_stamp()
    contained = wanted == "local" or stamp.get("set") == "dev"
    return PYTHON.exists() and contained and stamp.get(wanted) == lock_hash(wanted)


def write_stamp(name: str) -> None:
    """Declare the environment complete."""
    STAMP.write_text(json.dumps({"set": name, "local": lock_hash("local"), "dev": lock_hash("dev")}), "utf-8")


def build(wanted: str) -> None:
    """Bring `.venv` to the locked state: uv first, pip in a fresh folder if uv cannot be had or fails."""
    stamp = read_stamp()
    name = "dev" if stamp.get("set") == "dev" else wanted  # never take the tools away again
    print(f"Preparing the environment in {ENVIRONMENT} (set: {name}) …", file=sys.stderr, flush=True)
    if ENVIRONMENT.exists() and not MARKER.exists():
        raise BuildError(
            f"{ENVIRONMENT} was not made by manage.py. Remove or rename it, or set CASEHUG_NO_BOOTSTRAP=1 to use "
            "an environment of your own."
        )
    STAMP.unlink(missing_ok=True)
    if not _usable():
        make_folder()
    lock = LOCKS / f"{name}.txt"
    if not (get_uv() and sync_with_uv(lock)):
        print("uv cannot be used here; installing with pip (slower) …", file=sys.stderr, flush=True)
        if _installed() - {"pip", "setuptools"}:
            make_folder()  # pip does not remove leftovers
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)]
        done = _run(pip)
        if done.returncode:
            raise BuildError(
                "the packages could not be installed; is the network or the package index reachable? "
                f"({_last_line(done.stderr)})"
            )
    write_stamp(name)


def _usable() -> bool:
    """Whether the existing `.venv` starts, has pip and belongs to this version of Python."""
    check = f"import sys, pip; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    return PYTHON.exists() and _run([str(PYTHON), "-c", check]).returncode == 0


def _installed() -> set[str]:
    """Return the names of the packages in `.venv`."""
    return {path.name.partition("-")[0] for path in ENVIRONMENT.glob("lib/python3*/site-packages/*.dist-info")}


def make_folder() -> None:
    """Make a fresh `.venv` with pip. The marker comes first: an interrupted build may be deleted later."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise BuildError("this Python cannot make environments: install your system's `python3-venv` package.")
    if ENVIRONMENT.exists():
        shutil.rmtree(ENVIRONMENT)
    ENVIRONMENT.mkdir()
    MARKER.write_text("Made by manage.py; deleted and rebuilt by it when the lock files change.\n", "utf-8")
    base = getattr(sys, "_base_executable", None) or sys.executable
    done = _run([base, "-m", "venv", str(ENVIRONMENT)])
    if done.returncode:
        raise BuildError(
            "the environment could not be made; your system's `python3-venv` package may be missing "
            f"({_last_line(done.stdout + done.stderr)})"
        )


def get_uv() -> bool:
    """Install the pinned uv into `.venv`; False when it cannot be had."""
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCKS / "bootstrap.txt")]
    return _run(pip).returncode == 0


def sync_with_uv(lock: Path) -> bool:
    """Bring `.venv` to exactly the locked packages; False when uv fails here."""
    cache = ENVIRONMENT / ".uv-cache"  # beside the target: files are linked, not copied, and nothing stays in HOME
    settings = {"UV_PYTHON_DOWNLOADS": "never", "UV_CACHE_DIR": str(cache), "UV_NO_CONFIG": "1"} | handed_on()
    uv = [str(ENVIRONMENT / "bin" / "uv"), "pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes"]
    done = _run([*uv, str(lock)], settings)
    shutil.rmtree(cache, ignore_errors=True)
    return done.returncode == 0


def handed_on() -> dict[str, str]:
    """Return pip's index and certificate settings as uv's variables; a variable that is set already wins."""
    found: dict[str, str] = {}
    lines = _run([str(PYTHON), "-m", "pip", "config", "list"]).stdout.splitlines()
    # pip prints files and variables; a variable wins there, so its lines are read last.
    for line in sorted(lines, key=lambda text: text.startswith(":env:")):
        key, _, quoted = line.partition("=")
        variable = HANDED_ON.get(key.split(".", 1)[-1])
        if variable is None or variable in os.environ:
            continue
        try:
            value = str(ast.literal_eval(quoted))
        except (ValueError, SyntaxError):
            continue
        found[variable] = ",".join(value.split()) if variable == "UV_FIND_LINKS" else " ".join(value.split())
    # As pip does: the best version of all indexes. The hashes decide what is accepted.
    return found | {"UV_INDEX_STRATEGY": "unsafe-best-match"}


def _run(command: list[str], extra: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    quiet = {"PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    env = environment | quiet | (extra or {})
    try:
        return subprocess.run(command, env=env, cwd=PROJECT, capture_output=True, text=True, check=False)
    except OSError as error:  # not there, or not for this machine
        return subprocess.CompletedProcess(command, 127, "", str(error))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
