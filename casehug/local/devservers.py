"""Postgres and Valkey in the foreground, for working on the code: `python -m casehug.local.devservers [ENV_FILE]`.

Writes a file to be sourced by a shell (`set -a; . FILE; set +a`), then waits for Ctrl-C.
"""

import argparse
import shlex
import signal
from pathlib import Path

from casehug.local.accounts import server_account
from casehug.local.environment import product_variables
from casehug.local.roles import Passwords
from casehug.local.servers import known_ports, remember_ports, start_servers
from casehug.local.state import StateFolder, state_path, write_private


def main() -> None:
    """Start both servers, write the variables, stop them at the first signal."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("env_file", nargs="?", help="where the variables go (default: STATE/dev.env)")
    options.add_argument("--state-dir", help="the state folder (default: .casehug/dev)")
    options.add_argument("--database", default="casehug_dev")
    chosen = options.parse_args()
    state = StateFolder(state_path(chosen.state_dir or ".casehug/dev")).create()
    if not state.try_lock():
        raise SystemExit(f"Already running in {state.root}.")
    secrets = state.secrets()
    passwords = Passwords(secrets["database_owner"], secrets["database_app"], secrets["database_relay"])
    servers = start_servers(
        home=state.server_home(server_account()),
        logs=state.logs,
        database=chosen.database,
        admin_password=secrets["database_admin"],
        passwords=passwords,
        ports=known_ports(state),
    )
    remember_ports(state, servers)
    environment = product_variables(
        state, servers=servers.environment, base_url="http://127.0.0.1:8000", standin_url=None
    )
    wanted = [
        name
        for name in environment
        if name.startswith(("DATABASE", "REDIS", "CASEHUG", "DJANGO")) and name != "CASEHUG_NO_BOOTSTRAP"
    ]
    target = Path(chosen.env_file or state.root / "dev.env")
    write_private(target, "".join(f"{name}={shlex.quote(environment[name])}\n" for name in wanted))
    print(f"Running. In a shell: set -a; . {target}; set +a", flush=True)
    try:
        while True:
            signal.pause()
    except (KeyboardInterrupt, SystemExit):
        servers.stop()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
