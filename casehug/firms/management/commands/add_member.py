"""Add a person to a firm, or change the role of a member: `manage.py add_member --firm SLUG --email … --role …`."""

import getpass
import sys
import uuid
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import connection

from casehug.common.actor import actor_context
from casehug.firms.models import Role, User
from casehug.firms.services import add_member


def _firm_id(slug: str) -> uuid.UUID:
    with connection.cursor() as cursor:
        cursor.execute("SELECT resolve_firm_slug(%s)", [slug])
        row = cursor.fetchone()
    if row is None or row[0] is None:
        raise CommandError(f"There is no firm with the short name “{slug}”.")
    found: uuid.UUID = row[0]
    return found


class Command(BaseCommand):
    """Repeating the command changes nothing; another role replaces the role. A known person keeps the password."""

    help = "Add a person to a firm, or change the role of a member. The password is asked for or read from stdin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--firm", required=True, help="short name (slug) of the firm")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="", help="name as shown on pages")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from the first line of stdin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        firm_id, email = _firm_id(options["firm"]), options["email"].strip()
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError("This is not an e-mail address.") from error
        known = User.objects.filter(email__iexact=email).exists()
        password = None if known else self._password(options["password_stdin"], email)
        with actor_context(source="command"):
            member = add_member(
                firm_id=firm_id, email=email, name=options["name"], role=Role(options["role"]), password=password
            )
        act = "is now" if known else "was added as"
        self.stdout.write(f"{email} {act} {Role(member.role).label.lower()} of {options['firm']}.")

    def _password(self, from_stdin: bool, email: str) -> str:
        """Return a new password that the rules accept; it never stands in the command line."""
        if from_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        elif sys.stdin.isatty():
            password = getpass.getpass("Password for the new member: ")
            if password != getpass.getpass("Once more: "):
                raise CommandError("The two passwords differ. Nothing was changed.")
        else:
            raise CommandError("There is no terminal to ask for a password. Use --password-stdin.")
        try:
            validate_password(password, User(email=email))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        return password
