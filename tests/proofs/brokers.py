"""A broker of a proof's own, which may be killed, emptied and wiped without touching the suite's."""

import shutil
import signal
import time
from pathlib import Path

import redis

from casehug.local import accounts, ports, processes
from casehug.local.valkey import Valkey


class OwnBroker:
    """One Valkey on a port that stays the same whatever happens to it."""

    def __init__(self, folder: Path) -> None:
        account = accounts.server_account()
        self.home = accounts.new_home(account, prefix="casehug-broker-") if account else folder
        self.port = ports.free_port()
        self.server = Valkey(home=self.home, account=account, log=folder / "broker.log", password="proof", durable=True)
        self.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://:proof@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it (again) on its port."""
        for _ in range(50):
            if ports.is_free(self.port):
                break
            time.sleep(0.1)
        self.server.launch(self.port)
        self.server.wait_ready()
        assert self.server.port == self.port, "its port was taken meanwhile"

    def flush(self) -> None:
        """Let it forget everything."""
        redis.Redis.from_url(self.url).flushall()

    def kill(self) -> None:
        """SIGKILL."""
        assert self.server.child is not None
        processes.send(self.server.child, signal.SIGKILL)
        self.server.child.wait()

    def wipe(self) -> None:
        """Remove what it wrote to disk; it must be down."""
        shutil.rmtree(self.server.data, ignore_errors=True)

    def close(self) -> None:
        """End it and remove its files."""
        self.server.stop()
        shutil.rmtree(self.home, ignore_errors=True)
