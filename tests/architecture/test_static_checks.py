"""The checks that read the code instead of running it; each is the same command a person would type."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from casehug.local.state import PROJECT

PROGRAMS = Path(sys.executable).parent
RANDOM = "abcdefghijklmnopqrstuvwxyz-0123456789-" * 2
KEY = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "DJANGO_SETTINGS_MODULE": "casehug.settings.production",
    "CASEHUG_NO_BOOTSTRAP": "1",
    "CASEHUG_SECRET_KEY": RANDOM,
    "CASEHUG_KEK": f"check:{KEY}",
    "CASEHUG_INDEX_KEY": KEY,
    "CASEHUG_AUDIT_KEY": KEY,
    "CASEHUG_HOSTS": "intake.firm.example",
    "CASEHUG_BASE_URL": "https://intake.firm.example",
}


def passes(command: list[str], env: dict[str, str] | None = None) -> None:
    """Run a command in the project; its output is the reason when it fails."""
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-8000:]}{done.stderr[-4000:]}"


def test_ruff() -> None:
    passes([str(PROGRAMS / "ruff"), "check", "."])


@pytest.mark.slow
def test_mypy_strict() -> None:
    passes([str(PROGRAMS / "mypy")])


def test_import_contracts() -> None:
    passes([str(PROGRAMS / "lint-imports")])


def test_templates() -> None:
    passes([str(PROGRAMS / "djlint"), "templates", "--lint", "--quiet"])


def test_templates_of_the_stand_in() -> None:
    # It has neither named routes nor a static files app: rules about those do not fit.
    passes([str(PROGRAMS / "djlint"), "sandbox", "--lint", "--quiet", "--ignore", "D018,D004"])


def test_every_model_change_has_its_migration() -> None:
    env = os.environ | {"CASEHUG_MIGRATE": "1"}  # reads the table of applied migrations, which is the owner's
    passes([sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"], env)


def test_deploy_check_is_clean() -> None:
    passes([sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION)
