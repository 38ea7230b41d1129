"""Starts the servers of a test run before Django reads its settings; pyproject.toml names this plugin with `-p`.

Order: servers → environment → settings → database by the owner → tests as the application role.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from casehug.local import accounts, ports
from casehug.local.environment import process_environment, product_variables
from casehug.local.roles import Passwords
from casehug.local.servers import Servers, start_servers
from casehug.local.state import PROJECT, StateFolder

# It adds an option, so it must be there before the command line is read.
pytest_plugins = ["tests.plugin.browser", "tests.plugin.node"]
DATABASE = "casehug_test"
SETTINGS = "casehug.settings.test"


class TestServers:
    """The throw-away servers of this run; they never touch those of an `up` or of DATABASE_URL."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="casehug-test-"))
        self.account = accounts.server_account()
        self.home = self.folder if self.account is None else accounts.new_home(
            self.account, prefix="casehug-test-", parent=Path(tempfile.gettempdir())
        )
        self.servers: Servers | None = None
        atexit.register(self.stop)

    def start(self) -> None:
        """Start Postgres and Valkey, set the variables of this process, make and migrate the database."""
        state = StateFolder(self.folder / "state").create()
        secrets = state.secrets()
        self.servers = start_servers(
            home=self.home,
            logs=state.logs,
            database=DATABASE,
            admin_password=secrets["database_admin"],
            passwords=Passwords(secrets["database_owner"], secrets["database_app"], secrets["database_relay"]),
            durable=False,
        )
        variables = product_variables(
            state,
            servers=self.servers.environment,
            # Chosen now, because settings are read once; the `stack` fixture listens there.
            base_url=f"http://127.0.0.1:{ports.free_port()}",
            standin_url=f"http://127.0.0.1:{ports.free_port()}",
            lexamica_url=f"http://127.0.0.1:{ports.free_port()}",
        )
        os.environ.update(process_environment(variables) | {"DJANGO_SETTINGS_MODULE": SETTINGS})
        allow_receiver()
        migrate()

    def stop(self) -> None:
        """Stop both and remove their data."""
        if self.servers is not None:
            self.servers.stop()
            self.servers = None
        for folder in {self.home, self.folder}:
            shutil.rmtree(folder, ignore_errors=True)


def allow_receiver() -> None:
    """Choose the one place on loopback that the product's processes may send webhooks to (`stack.receiver_port`)."""
    os.environ["CASEHUG_OUTBOUND_LOCAL"] = f"127.0.0.1:{ports.free_port()}"


def migrate() -> None:
    """Run the migrations as the owner role, in a process of their own."""
    environment = os.environ | {"CASEHUG_MIGRATE": "1"}
    command = [sys.executable, "manage.py", "migrate", "--noinput", "--skip-checks", "--verbosity", "0"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise pytest.UsageError(f"The test database could not be migrated:\n{done.stdout}{done.stderr}")


def own_copy(worker: str) -> None:
    """Give an xdist worker its own database (a copy) and its own broker number and ports."""
    name = f"{DATABASE}_{worker}"
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"].rsplit("/", 1)[0] + "/postgres", autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}" TEMPLATE "{DATABASE}"')
        # A copy has the tables and their grants, but not those of the database itself.
        link.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        link.execute(f'GRANT CONNECT ON DATABASE "{name}" TO cx_app, cx_relay')
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_RELAY_URL"):
        os.environ[variable] = os.environ[variable].rsplit("/", 1)[0] + f"/{name}"
    number = 1 + int("".join(filter(str.isdigit, worker)) or 0) % 15
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + f"/{number}"
    standin = os.environ["CASEHUG_STANDIN_URL"]
    fresh = f"http://127.0.0.1:{ports.free_port()}"
    for variable, value in list(os.environ.items()):
        if value.startswith(standin):
            os.environ[variable] = value.replace(standin, fresh)
    os.environ["LEXAMICA_BASE_URL"] = f"http://127.0.0.1:{ports.free_port()}"
    os.environ["CASEHUG_BASE_URL"] = f"http://127.0.0.1:{ports.free_port()}"
    allow_receiver()


_running: TestServers | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> Generator[None, object, object]:
    """Start before pytest-django reads the settings: a wrapper runs ahead of every plain hook."""
    global _running
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        own_copy(worker)
    elif not {"-h", "--help", "--version", "-V", "--markers", "--fixtures"} & set(args):
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as with Ctrl-C: stop and remove everything
        _running = TestServers()
        _running.start()
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures after pytest-django's, so that ours win."""
    for name in ("fixtures", "stack", "exchange"):
        config.pluginmanager.import_plugin(f"tests.plugin.{name}")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the servers when the session is over."""
    if _running is not None:
        _running.stop()
