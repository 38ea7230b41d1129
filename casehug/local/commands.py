"""The commands of manage.py: the local ones of this package, everything else is Django's."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from casehug.local.errors import LocalError
from casehug.local.state import PROJECT, StateFolder, read_json, state_path

# Django commands that need no database; the others are told where the servers of the running `up` are.
WITHOUT_SERVERS = {
    "", "help", "version", "check", "makemigrations", "collectstatic", "findstatic", "diffsettings", "spectacular",
}  # fmt: skip

CORES, PROCESSES = 2, 3
"""With two cores or more three processes share the test suite: its tests wait as much as they compute."""

LOCAL_HELP = """\
Commands of this project (each knows --help):
  up       run CaseHug on this computer: database, broker, web, worker, Lawmatics stand-in
  down     stop it from another terminal
  test     run the whole test suite; further arguments go to pytest
  bench    measure the product against a naive client; writes docs/measurements.md
  prove    run the 25 checks of what is promised, or their sabotages; writes docs/proof/
  doctor   versions, paths, ports and the reason of the last stop; with --firm what a connected account is like
  lock     renew the lock files in requirements/

All other commands are Django's.
"""


def main(argv: list[str]) -> None:
    """Run the command named first and end the process with its status."""
    read_dotenv(PROJECT / ".env")
    name = argv[1] if len(argv) > 1 else ""
    try:
        if name in local_commands():
            sys.exit(local_commands()[name](argv[2:]))
        django(argv, name)
    except LocalError as error:
        sys.exit(str(error))


def local_commands() -> dict[str, Callable[[list[str]], int]]:
    """Return the commands that are not Django's, by name."""
    return {"up": up, "down": down, "test": test, "bench": bench, "prove": prove, "lock": lock, "doctor": doctor}


def read_dotenv(path: Path) -> None:
    """Read NAME=value lines of a local `.env`; what the shell has set wins."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if separator and not name.startswith("#") and value.strip():
            os.environ.setdefault(name.strip(), value.strip().strip("'\""))


def django(argv: list[str], name: str) -> None:
    """Run a Django command, against the servers of the running `up` unless DATABASE_URL names others."""
    if not name.startswith("-") and name not in WITHOUT_SERVERS:
        needs_servers(name)
    if name == "migrate" and os.environ.get("DATABASE_OWNER_URL"):
        os.environ.setdefault("CASEHUG_MIGRATE", "1")  # only the owner may change tables
    if argv[1:] in ([], ["help"], ["--help"], ["-h"]):
        print(LOCAL_HELP)
    from django.core.management import execute_from_command_line

    execute_from_command_line(argv)


def needs_servers(name: str) -> None:
    """Point the settings at the servers of the running `up`, unless DATABASE_URL names others. Raises `LocalError`."""
    if "DATABASE_URL" in os.environ:
        return
    state = StateFolder(state_path())
    found = read_json(state.environment_file) if state.is_running() else {}
    if not found:
        raise LocalError(
            f"`{name}` needs the servers and nothing is running in {state.root}: "
            "start `python3 manage.py up` in another terminal, or set DATABASE_URL."
        )
    for key, value in found.items():
        os.environ.setdefault(key, str(value))


def up(arguments: list[str]) -> int:
    """Start everything and stay until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="manage.py up", description="Run CaseHug on this computer.")
    parser.add_argument("--port", type=int, help="port of the product (default: 8000 or the next free one)")
    parser.add_argument("--lexamica-port", type=int, help="port of the stand-in for Lexamica (default: the next free)")
    parser.add_argument("--host", default="127.0.0.1", help=argparse.SUPPRESS)
    parser.add_argument("--state-dir", help="where databases, logs and keys are kept (default: .casehug)")
    parser.add_argument("--reset", action="store_true", help="delete the state folder first (asks)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--no-demo", action="store_true", help="load no demo firm")
    parser.add_argument("--demo", action="store_true", help="load the demo firm into an external database too")
    parser.add_argument("--verbose", action="store_true", help="show all logs on the screen")
    from casehug.local.up import run

    return run(parser.parse_args(arguments))


def down(arguments: list[str]) -> int:
    """Stop the running `up` from another terminal."""
    parser = argparse.ArgumentParser(prog="manage.py down", description="Stop the running `up`.")
    parser.add_argument("--state-dir", help="the state folder of the run (default: .casehug)")
    from casehug.local.up import stop_running

    return stop_running(StateFolder(state_path(parser.parse_args(arguments).state_dir)))


def test(arguments: list[str]) -> int:
    """Become pytest; the servers start in the plugin that pyproject.toml names.

    The whole suite runs in three processes (each with its own database, broker number and ports), file by file, so that
    a file's tests keep their order; a chosen part, or `-n` of one's own, runs as asked.
    """
    os.chdir(PROJECT)
    sys.stdout.flush()
    chosen = any(argument.startswith(("tests", "-n", "--pdb", "-k", "-p")) for argument in arguments)
    parallel = [] if chosen or (os.cpu_count() or 1) < CORES else ["-n", str(PROCESSES), "--dist", "loadfile"]
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *parallel, *arguments])


def bench(arguments: list[str]) -> int:
    """Become the measuring program of the project; it starts its own servers."""
    os.chdir(PROJECT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "bench", *arguments])


def prove(arguments: list[str]) -> int:
    """Become the proving program of the project; its tests start their own servers."""
    os.chdir(PROJECT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "prove", *arguments])


def lock(arguments: list[str]) -> int:
    """Renew the lock files."""
    parser = argparse.ArgumentParser(prog="manage.py lock", description="Renew the lock files in requirements/.")
    parser.add_argument("--upgrade", action="store_true", help="take newer versions, inside the declared ranges")
    from casehug.local.lock import compile_all

    return compile_all(upgrade=parser.parse_args(arguments).upgrade)


def doctor(arguments: list[str]) -> int:
    """Print what is here and what runs, without secrets. With `--product` or `--firm` the Django command answers."""
    if any(one.partition("=")[0] in ("--product", "--firm", "--provider", "-h", "--help") for one in arguments):
        if not {"-h", "--help"} & set(arguments):
            needs_servers("doctor")
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", "doctor", *arguments])
        return 0
    parser = argparse.ArgumentParser(prog="manage.py doctor", description="Versions, paths, ports and the last stop.")
    parser.add_argument("--state-dir", help="the state folder (default: .casehug)")
    parser.add_argument("--json", action="store_true", help="print one JSON document on one line")
    options = parser.parse_args(arguments)
    from casehug.local.doctor import machine, text

    found = machine(StateFolder(state_path(options.state_dir)))
    print(json.dumps({"machine": found, "problems": found["problems"]}) if options.json else text(found))
    return 1 if found["problems"] else 0
