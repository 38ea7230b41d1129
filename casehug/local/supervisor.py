"""The run behind `manage.py up`: starts everything in order, stays with it, and stops everything."""

import argparse
import json
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import Any

from casehug.local import demo_data, environment, migrations, ports, processes, product, summary, watcher
from casehug.local.accounts import server_account
from casehug.local.errors import LocalError
from casehug.local.fleet import Fleet, end_leftovers
from casehug.local.given import given_servers
from casehug.local.roles import Passwords
from casehug.local.servers import Servers, known_ports, remember_ports, start_servers
from casehug.local.state import StateFolder, write_private

DATABASE = "casehug"
FIRST_PORT = 8000
READY_SECONDS = 60
LOOK_EVERY = 0.2
ROTATE_EVERY = 30.0
# Postgres gets this long for an orderly end, then it is told to stop at once.
DATABASE_SECONDS = 2.5


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""


class Supervisor:
    """One run. Everything is started from the main thread (see processes.spawn)."""

    def __init__(self, state: StateFolder, options: argparse.Namespace) -> None:
        self.state, self.options = state, options
        self.fleet = Fleet(state)
        self.servers = Servers()
        self.variables: dict[str, str] = {}
        self.signals = 0
        self.shown: dict[str, int] = {}

    def run(self) -> int:
        """Return 0 after an orderly stop, 1 when something failed."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.on_signal)
        guard = watcher.start() if watcher.needed() else None
        reason, status = "stopped on request", 0
        try:
            self.start()
            self.stay()
        except StopRequested:
            print("\nStopping …", flush=True)
        except LocalError as error:
            reason, status = str(error), 1
            print(f"\nCaseHug stopped: {error}", file=sys.stderr, flush=True)
        finally:
            self.stop(reason)
            if guard is not None:
                watcher.release(guard)
        return status

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """The first signal stops, a second one hurries."""
        self.signals += 1
        if self.signals == 1:
            raise StopRequested

    def start(self) -> None:
        """Servers → database → stand-in and web → demo firm → worker, relay, beat → summary."""
        self.shown = {log.stem: log.stat().st_size for log in self.state.logs.glob("*.log")}
        given = given_servers()
        self.recover()
        port = self.web_port()
        self.start_servers(given)
        standin_port = None if environment.own_lawmatics() else ports.first_free(port + 1)
        base_url = f"http://127.0.0.1:{port}"
        standin_url = f"http://127.0.0.1:{standin_port}" if standin_port else None
        lexamica_url = self.lexamica_address(after=standin_port or port)
        self.variables = environment.product_variables(
            self.state, servers=self.servers.environment, base_url=base_url, standin_url=standin_url,
            lexamica_url=lexamica_url,
        )  # fmt: skip
        if standin_port:
            store = self.state.root / "lawmatics-standin.sqlite3"
            self.launch("lawmatics", product.standin_command(standin_port, store))
        if lexamica_url:
            store = self.state.root / "lexamica-standin.sqlite3"
            self.launch("lexamica", product.lexamica_command(int(lexamica_url.rsplit(":", 1)[1]), store))
        mark = self.migrate()
        # Gunicorn ends in order by itself; everything else may be killed, as its work is rows in the database.
        self.launch("web", product.web_command(port), death_signal=signal.SIGTERM)
        demo = self.load_demo(mark=mark, base_url=base_url)
        self.await_answer("web", f"{base_url}/readyz")
        self.launch("worker", product.worker_command())
        self.launch("relay", product.relay_command())
        self.launch("beat", product.beat_command(self.state.root))
        if standin_url:
            self.await_answer("lawmatics", f"{standin_url}/healthz")
        if lexamica_url:
            self.await_answer("lexamica", f"{lexamica_url}/healthz")
        self.publish(base_url, {"lawmatics": standin_url, "lexamica": lexamica_url}, demo)

    def lexamica_address(self, *, after: int) -> str | None:
        """Return where the stand-in for Lexamica will listen; None when the person named a host of their own."""
        if environment.own_lexamica():
            return None
        asked: int | None = self.options.lexamica_port
        if asked is not None and not ports.is_free(asked):
            raise LocalError(f"Port {asked} is taken; leave out --lexamica-port to take the next free one.")
        return f"http://127.0.0.1:{asked or ports.first_free(after + 1)}"

    def recover(self) -> None:
        """Drop the files of an earlier run and end what it left."""
        for path in (self.state.summary, self.state.environment_file):
            path.unlink(missing_ok=True)
        left = end_leftovers(self.state)
        if left:
            print(f"The last run ended abruptly; ended what it left: {', '.join(left)}.", flush=True)
        self.fleet.write_run_file()

    def start_servers(self, given: dict[str, str]) -> None:
        """Start Postgres and Valkey unless both are given."""
        secrets = self.state.secrets()
        self.servers = start_servers(
            home=self.state.server_home(server_account()),
            logs=self.state.logs,
            database=DATABASE,
            admin_password=secrets["database_admin"],
            passwords=Passwords(secrets["database_owner"], secrets["database_app"], secrets["database_relay"]),
            ports=known_ports(self.state),
            given=given,
        )
        remember_ports(self.state, self.servers)
        for name, server in (("postgres", self.servers.postgres), ("valkey", self.servers.valkey)):
            if server is not None and server.child is not None:
                self.fleet.servers[name] = server.child
        self.fleet.write_run_file()

    def web_port(self) -> int:
        """Return the asked port, or the first free one from 8000."""
        asked: int | None = self.options.port
        if asked is None:
            return ports.first_free(FIRST_PORT)
        if not ports.is_free(asked):
            raise LocalError(f"Port {asked} is taken; leave out --port to take the next free one.")
        return asked

    def launch(self, name: str, command: list[str], *, death_signal: int = signal.SIGKILL) -> None:
        """Start one process of the product."""
        self.fleet.start(
            name, command, environment.process_environment(self.variables), death_signal=death_signal
        )

    def migrate(self) -> str:
        """Migrate unless this very cluster was brought to these very files before; return their fingerprint."""
        postgres, stamp = self.servers.postgres, self.state.root / "migrated"
        if postgres is None:
            migrations.migrate(self.variables)
            return migrations.fingerprint(self.state.root, self.servers.environment["DATABASE_URL"])
        mark = migrations.fingerprint(postgres.data, str((postgres.data / "PG_VERSION").stat().st_mtime_ns))
        if not stamp.exists() or stamp.read_text("utf-8") != mark:
            print("Preparing the database …", flush=True)
            migrations.migrate(self.variables)
            write_private(stamp, mark)
        return mark

    def load_demo(self, *, mark: str, base_url: str) -> dict[str, Any]:
        """Return the demo's logins; loads them once. An external database is left alone without --demo."""
        if self.options.no_demo or (self.servers.postgres is None and not self.options.demo):
            return {}
        known = demo_data.remembered(self.state, fingerprint=mark, base_url=base_url)
        if known is not None:
            return known
        print("Loading the demo firm …", flush=True)
        child = demo_data.start(self.state, self.variables)
        return demo_data.finish(self.state, child, fingerprint=mark, base_url=base_url)

    def await_answer(self, name: str, url: str) -> None:
        """Wait for a 200; a process that ends meanwhile is started again or ends the run."""

        def look() -> None:
            self.fleet.check()

        try:
            product.wait_until_answers(url, seconds=READY_SECONDS, check=look)
        except LocalError as error:
            raise LocalError(f"{error}\n{processes.tail(self.fleet.log(name))}") from None

    def publish(self, base_url: str, sandbox: dict[str, str | None], demo: dict[str, Any]) -> None:
        """Tell other commands, programs and the person what runs where."""
        write_private(self.state.environment_file, json.dumps(self.variables))
        notes = list(self.servers.notes)
        if self.servers.postgres is not None and self.servers.postgres.home.parent != self.state.root:
            notes.append(f"The database's files lie in {self.servers.postgres.home}.")
        content = summary.write(
            self.state,
            base_url=base_url,
            sandbox=sandbox,
            demo=demo,
            pids=self.fleet.pids(),
            notes=notes,
        )
        print(summary.text(content), flush=True)

    def stay(self) -> None:
        """Watch until a signal comes or something cannot be kept running."""
        rotated = time.monotonic()
        while True:
            time.sleep(LOOK_EVERY)
            if self.fleet.check():
                summary.update_pids(self.state, self.fleet.pids())
            if self.options.verbose:
                self.show_logs()
            if time.monotonic() - rotated > ROTATE_EVERY:
                self.state.rotate_logs()
                rotated = time.monotonic()

    def show_logs(self) -> None:
        """Print what the processes wrote since the last look."""
        for log in sorted(self.state.logs.glob("*.log")):
            size, start = log.stat().st_size, self.shown.get(log.stem, 0)
            with log.open("rb") as stream:
                stream.seek(start if start <= size else 0)
                for line in stream.read(size).decode("utf-8", "replace").splitlines():
                    print(f"{log.stem:>10} | {line}", flush=True)
            self.shown[log.stem] = size

    def stop(self, reason: str) -> None:
        """Stop the product, then the broker, then the database, and forget the run."""
        self.signals += 1  # from here on a signal only hurries
        try:
            self.fleet.stop(hurry=lambda: self.signals > 2)
            self.servers.stop(seconds=DATABASE_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"Stopping was not clean: {error}", file=sys.stderr)
        for path in (self.state.summary, self.state.environment_file, self.state.run_file):
            path.unlink(missing_ok=True)
        moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        write_private(self.state.root / "last-stop", f"{moment}: {reason}\n")
        self.state.unlock()
