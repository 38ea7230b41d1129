"""manage.py prepares its own environment: from nothing, without a network when nothing changed, never by force.

The project is copied with tiny lock files and wheels made here, so that no index is needed.
"""

import ast
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from casehug.local.state import PROJECT

# Stands for uv: writes down what it was told and lets pip do the work.
FAKE_UV = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/../uv-calls"
echo "links=$UV_FIND_LINKS downloads=$UV_PYTHON_DOWNLOADS" >> "$(dirname "$0")/../uv-calls"
[ -e "$(dirname "$0")/../../uv-is-broken" ] && exit 1
exec "$(dirname "$0")/python" -m pip install -q --no-index --find-links "$UV_FIND_LINKS" --no-deps -r "$7"
"""


def make_wheel(folder: Path, name: str, version: str, scripts: dict[str, str] | None = None) -> str:
    """Write a wheel with one module (and scripts); return its requirement line with hash."""
    folder.mkdir(exist_ok=True)
    path, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    files = {f"{name}.py": f"VERSION = {version!r}\n", f"{info}/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n"}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files |= {f"{name}-{version}.data/scripts/{key}": text for key, text in (scripts or {}).items()}
    record = ""
    with zipfile.ZipFile(path, "w") as wheel:
        for key, text in files.items():
            entry = zipfile.ZipInfo(key)
            entry.external_attr = (0o100755 if ".data/scripts/" in key else 0o100644) << 16
            wheel.writestr(entry, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{key},sha256={digest},{len(text)}\n"
        wheel.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Copy:
    """A copy of what runs before Django, with its own lock files."""

    def __init__(self, root: Path) -> None:
        self.root, self.wheels, self.home = root / "project", root / "wheels", root / "home"
        self.home.mkdir(parents=True)
        (self.root / "casehug").mkdir(parents=True)
        shutil.copy(PROJECT / "manage.py", self.root)
        shutil.copy(PROJECT / "casehug" / "__init__.py", self.root / "casehug")
        ignore = shutil.ignore_patterns("__pycache__", "management")
        shutil.copytree(PROJECT / "casehug" / "local", self.root / "casehug" / "local", ignore=ignore)
        (self.root / "requirements").mkdir()
        uv = make_wheel(self.wheels, "uv", "0.0.1", {"uv": FAKE_UV})
        (self.root / "requirements" / "bootstrap.txt").write_text(uv)
        self.lock("1.0")

    def lock(self, version: str) -> None:
        line = make_wheel(self.wheels, "tiny", version)
        for name in ("local", "dev"):
            (self.root / "requirements" / f"{name}.txt").write_text(line)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        base = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1"}
        env = base | {"PIP_FIND_LINKS": str(self.wheels)} | variables
        # The interpreter under the environment of the tests, so that the copy makes its own.
        command = [getattr(sys, "_base_executable", sys.executable), "manage.py", *(arguments or ("doctor",))]
        return subprocess.Popen(
            command, cwd=self.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        process = self.start(*arguments, **variables)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def version(self) -> str:
        python = self.root / ".venv/bin/python"
        return subprocess.check_output([python, "-c", "import tiny; print(tiny.VERSION)"], text=True).strip()

    def uv_calls(self) -> list[str]:
        return (self.root / ".venv" / "uv-calls").read_text().splitlines()


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A fresh copy without an environment."""
    return Copy(tmp_path)


def test_it_builds_once_with_uv_then_starts_without_a_network(copy: Copy) -> None:
    status, out, err = copy.run()
    assert (status, "Preparing the environment" in err) == (0, True), err
    assert f"environment   {copy.root}/.venv (set: local)" in out
    assert copy.version() == "1.0"
    assert copy.uv_calls()[0].startswith("pip sync") and "--require-hashes" in copy.uv_calls()[0]
    assert copy.uv_calls()[1] == f"links={copy.wheels} downloads=never"
    status, out, err = copy.run(PIP_FIND_LINKS="/nonexistent")
    assert (status, err) == (0, "")
    assert list(copy.home.iterdir()) == []  # nothing outside the project

    copy.lock("2.0")  # two starts with a stale environment: one builds, the other waits
    both = [copy.start(), copy.start()]
    for process in both:
        assert process.communicate(timeout=120) and process.returncode == 0
    assert copy.version() == "2.0"
    assert sum(line.startswith("pip sync") for line in copy.uv_calls()) == 2

    status, out, err = copy.run(CASEHUG_BOOTSTRAPPED="1")  # we come back from a build and are not inside: no loop
    assert (status, out) == (1, "") and "cannot be used" in err


def test_a_broken_uv_falls_back_to_pip_in_a_fresh_folder(copy: Copy) -> None:
    (copy.root / "uv-is-broken").touch()
    status, _, err = copy.run()
    assert (status, "installing with pip" in err) == (0, True), err
    assert copy.version() == "1.0"
    assert not (copy.root / ".venv" / "uv-calls").exists()


def test_no_network_and_nothing_built_is_one_sentence(copy: Copy) -> None:
    status, out, err = copy.run(PIP_FIND_LINKS="/nonexistent")
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith("CaseHug cannot start: the packages could not be installed")
    assert "Traceback" not in err
    assert copy.run()[0] == 0  # the half-built folder is its own and is rebuilt


def test_a_foreign_environment_is_never_touched(copy: Copy) -> None:
    mine = copy.root / ".venv" / "mine"
    mine.parent.mkdir()
    mine.write_text("precious")
    status, _, err = copy.run()
    assert status == 1 and "was not made by manage.py" in err
    assert [path.name for path in mine.parent.iterdir()] == ["mine"]


def test_an_environment_of_your_own_is_left_alone(copy: Copy) -> None:
    status, out, _ = copy.run(CASEHUG_NO_BOOTSTRAP="1")
    assert status == 0 and "(set: none)" in out
    assert not (copy.root / ".venv").exists()


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 10, 0), (3, 15, 0)])
def test_another_python_gets_one_sentence(version: tuple[int, int, int]) -> None:
    code = (
        f"import runpy, sys; sys.version_info = {(*version, 'final', 0)}; sys.argv = ['manage.py', 'up'];"
        "runpy.run_path('manage.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env={"PATH": "/nonexistent"}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"This is Python {version[0]}.{version[1]}; CaseHug needs Python 3.11 to 3.14, "
        "and none of them is on your PATH."
    )


def test_the_first_lines_are_readable_by_old_pythons() -> None:
    ast.parse((PROJECT / "manage.py").read_text("utf-8"), feature_version=(3, 0))
    words = (PROJECT / "manage.py").read_text("utf-8")
    assert 'f"' not in words and ":=" not in words and "->" not in words


def test_nothing_foreign_is_imported_before_the_environment_is_ready() -> None:
    code = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); import casehug.local.bootstrap, casehug.local.commands"
    bare = getattr(sys, "_base_executable", sys.executable)  # the system's interpreter, without our packages
    done = subprocess.run(
        [bare, "-I", "-c", code], cwd="/", env={"PATH": os.defpath}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
