"""Where server data may lie, and that copied binaries are the installed ones."""

import base64
import hashlib
import os
from pathlib import Path

import pytest

from casehug.local import accounts
from casehug.local.state import StateFolder


def make_package(site: Path) -> Path:
    """Lay out an installed wheel with a program, a sibling library folder and a RECORD."""
    files = {"tiny/bin/tool": b"#!/bin/sh\nexit 0\n", "tiny/share/text": b"words", "tiny.libs/lib.so": b"\x7fELF"}
    record = []
    for name, content in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(content)}")
    (site / "tiny/bin/tool").chmod(0o700)
    (site / "tiny-1.0.dist-info").mkdir()
    (site / "tiny-1.0.dist-info/RECORD").write_text("\n".join([*record, "tiny-1.0.dist-info/RECORD,,"]))
    return site / "tiny"


def test_a_copy_has_the_libraries_and_can_be_read_by_the_account(tmp_path: Path) -> None:
    copied = accounts.copy_for(make_package(tmp_path / "site"), new(tmp_path / "home"))
    assert (copied / "bin/tool").stat().st_mode & 0o777 == 0o755
    assert (copied / "share/text").stat().st_mode & 0o777 == 0o644
    assert (copied.parent / "tiny.libs/lib.so").exists()


@pytest.mark.parametrize("damage", ["changed", "missing", "added"])
def test_a_copy_that_differs_from_the_wheel_is_made_again(tmp_path: Path, damage: str) -> None:
    package, home = make_package(tmp_path / "site"), new(tmp_path / "home")
    copied = accounts.copy_for(package, home)
    if damage == "changed":
        (copied / "bin/tool").write_text("#!/bin/sh\nexit 1\n")
    elif damage == "missing":
        (copied / "share/text").unlink()
    else:
        (copied / "bin/postgres").write_text("#!/bin/sh\n")
    accounts.copy_for(package, home)
    assert (copied / "bin/tool").read_text() == "#!/bin/sh\nexit 0\n"
    assert (copied / "share/text").exists() and not (copied / "bin/postgres").exists()


def test_only_a_real_closed_folder_of_the_owner_is_trusted(tmp_path: Path) -> None:
    me, real = os.geteuid(), new(tmp_path / "real")
    assert accounts.is_trustworthy(real, me)
    assert not accounts.is_trustworthy(real, me + 1)
    link = tmp_path / "link"
    link.symlink_to(real)
    assert not accounts.is_trustworthy(link, me)
    real.chmod(0o770)
    assert not accounts.is_trustworthy(real, me)
    assert not accounts.is_trustworthy(tmp_path / "absent", me)


def test_a_noted_folder_that_somebody_replaced_is_not_used(tmp_path: Path) -> None:
    account = accounts.server_account()
    if account is None:
        pytest.skip("needs root: an ordinary user's data lies in the state folder")
    state = StateFolder(tmp_path / "state").create()
    first = state.server_home(account)
    assert state.server_home(account) == first
    first.rmdir()
    first.symlink_to(tmp_path)
    second = state.server_home(account)
    first.unlink()
    assert second != first and accounts.is_trustworthy(second, account.uid)
    state.erase()
    assert not second.exists()


def test_the_state_folder_and_its_secrets_are_closed(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "state").create()
    made = state.secrets()
    assert state.root.stat().st_mode & 0o777 == 0o700
    assert (state.root / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert state.secrets() == made
    assert StateFolder(tmp_path / "other").create().secrets()["kek"] != made["kek"]


def test_one_run_per_state_folder(tmp_path: Path) -> None:
    first, second = StateFolder(tmp_path).create(), StateFolder(tmp_path)
    assert first.try_lock() and not second.try_lock() and second.is_running()
    first.unlock()
    assert not second.is_running()


def new(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder
