"""Gates over code and settings: the deploy check, rules of our own, bandit: 0 findings (see also test_scanners.py).

Sabotage: one planted finding per gate must be reported by exactly that gate.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casehug.local.state import PROJECT
from tests.architecture.test_static_checks import PRODUCTION

ROOMS = ("casehug", "integrations")
FORBIDDEN_CALLS = {
    "eval": "runs text as code", "exec": "runs text as code", "pickle.loads": "runs what it reads",
    "pickle.load": "runs what it reads", "yaml.load": "runs what it reads", "os.system": "runs a shell",
    "mark_safe": "puts text into pages unescaped", "hashlib.md5": "a broken hash", "hashlib.sha1": "a broken hash",
    "random.choice": "guessable", "random.random": "guessable", "random.randint": "guessable",
    "tempfile.mktemp": "a name that can be taken before it is used",
}  # fmt: skip
FORBIDDEN_KEYWORDS = {("verify", False): "no TLS check", ("shell", True): "runs a shell",
                      ("autoescape", False): "unescaped pages"}  # fmt: skip
CSRF_EXEMPT = re.compile(r"^@csrf_exempt", re.M)
# Doors for machines: no session cookie is looked at behind them.
EXEMPT = {"integrations/inbound/receiver.py"}
UNSAFE_TEMPLATE = re.compile(
    r"\|\s*safe\b|{%\s*autoescape\s+off|<script(?![^>]*\b(?:src|nonce)=)[^>]*>|\son[a-z]+=\"", re.I
)


def named(call: ast.Call) -> str:
    return ast.unparse(call.func) if isinstance(call.func, ast.Name | ast.Attribute) else ""


def narrows(test: ast.expr) -> bool:
    """Whether an assert only tells the type checker what is known: `isinstance`, `is None`, `is not None`."""
    if isinstance(test, ast.BoolOp):
        return isinstance(test.op, ast.And) and all(map(narrows, test.values))
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], ast.Is | ast.IsNot) and ast.unparse(test.comparators[0]) == "None"
    return isinstance(test, ast.Call) and named(test) == "isinstance"


def findings(path: str, text: str) -> Iterator[str]:
    """Yield what the rules for Python code find."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assert) and not narrows(node.test):
            yield f"{path}:{node.lineno}: an assert that decides something; `python -O` drops it"
        if not isinstance(node, ast.Call):
            continue
        name = named(node)
        if name in FORBIDDEN_CALLS:
            yield f"{path}:{node.lineno}: {name} {FORBIDDEN_CALLS[name]}"
        for keyword in node.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if isinstance(value, bool) and (keyword.arg, value) in FORBIDDEN_KEYWORDS:
                yield f"{path}:{node.lineno}: {keyword.arg}={value} {FORBIDDEN_KEYWORDS[keyword.arg, value]}"
        if name.endswith(".execute") and node.args and isinstance(node.args[0], ast.BinOp):
            yield f"{path}:{node.lineno}: SQL put together with {type(node.args[0].op).__name__}"
    if CSRF_EXEMPT.search(text) and path not in EXEMPT:
        yield f"{path}: a door without the form token"


def all_findings() -> list[str]:
    found: list[str] = []
    for room in ROOMS:
        for file in sorted((PROJECT / room).rglob("*.py")):
            if "migrations" not in file.parts:
                found += findings(str(file.relative_to(PROJECT)), file.read_text("utf-8"))
    return found


def template_findings(path: str, text: str) -> list[str]:
    return [f"{path}: {one.group(0)}" for one in UNSAFE_TEMPLATE.finditer(text)]


def test_own_rules_find_nothing(record_property: Callable[[str, object], None]) -> None:
    found = all_findings()
    count = 0
    for file in sorted((PROJECT / "templates").rglob("*.html")):
        count += 1
        found += template_findings(str(file.relative_to(PROJECT)), file.read_text("utf-8"))
    record_property("measured", f"own rules over {', '.join(ROOMS)} and {count} templates: {len(found)} findings")
    assert found == []


def deploy_check(**changed: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    env = PRODUCTION | changed
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=120, check=False)


def bandit(*paths: str) -> tuple[list[str], int]:
    """Let bandit read code, whatever it holds little; returns its findings and how many lines it read."""
    command = [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", "-f", "json", "-r", *paths]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    report = json.loads(done.stdout)
    assert report["errors"] == [], report["errors"]
    found = [
        f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}" for one in report["results"]
    ]
    return found, report["metrics"]["_totals"]["loc"]


def test_bandit_finds_nothing(record_property: Callable[[str, object], None]) -> None:
    found, lines = bandit(*ROOMS, "manage.py")
    record_property("measured", f"bandit over {lines:,} lines of {' and '.join(ROOMS)}: {len(found)} findings")
    assert found == [] and lines > 10_000


BANDIT_PLANTED = {
    "B602": "import subprocess\nsubprocess.run(line, shell=True)\n", "B608": "rows = ask(f'SELECT {name} FROM t')\n",
    "B501": "import requests\nrequests.get(url, verify=False, timeout=3)\n", "B301": "import pickle\npickle.loads(x)\n",
    "B105": "password = 'correct horse'\n", "B311": "import random\ntoken = random.random()\n",
}  # fmt: skip


def test_sabotage_a_planted_finding_is_reported_by_bandit(tmp_path: Path) -> None:
    for test, text in BANDIT_PLANTED.items():
        (tmp_path / f"{test.lower()}.py").write_text(text, "utf-8")
    found, _ = bandit(str(tmp_path))
    for test in BANDIT_PLANTED:
        assert any(f"{test.lower()}.py" in one and f" {test} " in one for one in found), test


PLANTED = {
    "eval(given)": "runs text as code", "requests.get(url, verify=False)": "no TLS check",
    "subprocess.run(line, shell=True)": "runs a shell", "cursor.execute('SELECT ' + name)": "SQL put together",
    "cursor.execute('SELECT %s' % name)": "SQL put together", "mark_safe(given)": "unescaped",
    "hashlib.md5(data)": "broken hash", "token = random.choice(letters)": "guessable",
    "@csrf_exempt\ndef view(request): ...": "without the form token",
    "assert user.is_admin": "decides", "assert request.user.is_authenticated and user is not None": "decides",
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_sabotage_a_planted_finding_in_code_is_reported(planted: str) -> None:
    (found,) = findings("casehug/planted.py", planted)
    assert PLANTED[planted] in found


TEMPLATES = ("{{ name|safe }}", "<script>x()</script>", '<a onclick="x()">', "{% autoescape off %}")


@pytest.mark.parametrize("planted", TEMPLATES)
def test_sabotage_a_planted_finding_in_a_template_is_reported(planted: str) -> None:
    assert template_findings("templates/planted.html", planted)


def test_sabotage_a_planted_setting_stops_the_deploy_check() -> None:
    done = deploy_check(CASEHUG_SECRET_KEY="short", CASEHUG_CHECKPOINT_OBSERVERS="tests.faults.kill.observe")
    assert done.returncode != 0
