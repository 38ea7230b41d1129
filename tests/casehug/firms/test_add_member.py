"""`manage.py add_member`: adds a person, changes a role, never takes a password from the command line."""

import io

import pytest
from django.core.management import CommandError, call_command

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Membership, User


def add(firm: Firm, monkeypatch: pytest.MonkeyPatch, password: str = "four words in a row\n", **more: str) -> str:
    """Run the command with a password on stdin; return what it printed."""
    monkeypatch.setattr("sys.stdin", io.StringIO(password))
    said = io.StringIO()
    given = {"email": "new@example.com", "name": "New Person", "role": "staff", **more}
    call_command("add_member", firm=firm.slug, password_stdin=True, stdout=said, **given)
    return said.getvalue()


def test_adds_once_and_changes_the_role(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "was added as intake staff" in add(firm, monkeypatch)
    assert "is now attorney" in add(firm, monkeypatch, password="", email="NEW@example.com", role="attorney")
    user = User.objects.get(email="new@example.com")
    assert user.check_password("four words in a row") and user.name == "New Person"
    with firm_scope(firm.id):
        assert Membership.objects.get(user=user).role == "attorney"


def test_refuses_what_it_cannot_use(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ({"password": "short\n"}, {"password": "\n"}, {"email": "nobody"}):
        with pytest.raises(CommandError):
            add(firm, monkeypatch, **wrong)
    with pytest.raises(CommandError, match="no firm"):
        add(Firm(slug="nowhere"), monkeypatch)
    assert not User.objects.filter(email="new@example.com").exists()
