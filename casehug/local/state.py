"""The state folder of a run: databases, logs, secrets, and the files that tell other commands what is running."""

import base64
import fcntl
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from casehug.local import accounts
from casehug.local.accounts import Account
from casehug.local.errors import LocalError

PROJECT = Path(__file__).resolve().parents[2]
LOG_LIMIT = 10_000_000


def state_path(chosen: str | None = None) -> Path:
    """Return the state folder: the option, then CASEHUG_STATE_DIR, then `.casehug` in the project."""
    return Path(chosen or os.environ.get("CASEHUG_STATE_DIR") or PROJECT / ".casehug").absolute()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step: readers see the old text or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(fresh, path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file, empty when it is missing or damaged."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def random_key() -> str:
    """Return 32 random bytes, URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


class StateFolder:
    """The folder, its lock and its files. Only the holder of the lock writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.logs = root / "logs"
        self.summary = root / "up.json"
        self.run_file = root / "run.json"
        self.environment_file = root / "environment.json"
        self._lock: int | None = None

    def create(self) -> "StateFolder":
        """Make the folder, closed to everybody else."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.chmod(0o700)
            for name in ("logs", "uploads", "mails"):
                (self.root / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise LocalError(f"The state folder {self.root} cannot be written ({error.strerror}).") from error
        return self

    def try_lock(self) -> bool:
        """Take the lock of a run; False when another process holds it. Children do not inherit it."""
        if self._lock is None:
            handle = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                return False
            self._lock = handle
        return True

    def unlock(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_running(self) -> bool:
        """Whether a run holds the lock; only then its files are believed."""
        if not (self.root / "lock").exists():
            return False
        if self.try_lock():
            self.unlock()
            return False
        return True

    def secrets(self) -> dict[str, str]:
        """Return the passwords and keys of this folder, made at random at the first call."""
        path = self.root / "secrets.json"
        found = {str(name): str(value) for name, value in read_json(path).items()}
        made = {
            "database_admin": secrets.token_urlsafe(24),
            "database_owner": secrets.token_urlsafe(24),
            "database_app": secrets.token_urlsafe(24),
            "database_relay": secrets.token_urlsafe(24),
            "django": secrets.token_urlsafe(48),
            "kek": f"local1:{random_key()}",
            "index": random_key(),
            "audit": random_key(),
            "lawmatics_id": f"local-{secrets.token_hex(8)}",
            "lawmatics_secret": secrets.token_urlsafe(32),
        }
        if made.keys() - found.keys():
            found = made | found
            write_private(path, json.dumps(found, indent=1))
        return found

    def server_home(self, account: Account | None) -> Path:
        """Return the folder of the server data. Root's state folder is closed to the account: then a noted one."""
        if account is None:
            return accounts.owned_folder(None, self.root / "servers")
        note = self.root / "servers-at"
        noted = Path(note.read_text("utf-8").strip()) if note.exists() else None
        if noted is not None and accounts.is_trustworthy(noted, account.uid):
            return noted
        home = accounts.new_home(account, prefix="casehug-")
        write_private(note, f"{home}\n")
        return home

    def erase(self) -> None:
        """Delete everything in the folder, data outside of it included; the caller holds the lock."""
        note = self.root / "servers-at"
        if note.exists():
            noted = Path(note.read_text("utf-8").strip())
            account = accounts.server_account()
            if account is not None and noted.name.startswith("casehug-"):
                if accounts.is_trustworthy(noted, account.uid):
                    shutil.rmtree(noted)
        for path in self.root.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()
        self.create()

    def rotate_logs(self) -> None:
        """Keep one older part of each log that grew beyond the limit; writers append, so cutting is safe."""
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_LIMIT:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)
