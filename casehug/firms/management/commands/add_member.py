"""Add a person to a firm, or change the role of a member: `manage.py add_member --firm SLUG --email … --role …`."""

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.core.validators import validate_email

from casehug.common.actor import actor_context
from casehug.common.command import FirmCommand, WrongUse, firm_id_of
from casehug.firms.models import Role, User
from casehug.firms.services import add_member


class Command(FirmCommand):
    """Repeating the command changes nothing; another role replaces the role. A known person keeps the password."""

    help = "Add a person to a firm, or change the role of a member. The password is asked for or read from stdin."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--email", required=True, help="address the person signs in with")
        parser.add_argument("--name", default="", help="name as shown on pages")
        parser.add_argument("--role", required=True, choices=Role.values, help="what the person may do")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from the first line of stdin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        firm_id, email = firm_id_of(options["firm"]), options["email"].strip()
        try:
            validate_email(email)
        except ValidationError as error:
            raise WrongUse("This is not an e-mail address.") from error
        known = User.objects.filter(email__iexact=email).exists()
        password = None if known else self._password(options["password_stdin"], email)
        with actor_context(source="command"):
            member = add_member(
                firm_id=firm_id, email=email, name=options["name"], role=Role(options["role"]), password=password
            )
        act = "is now" if known else "was added as"
        words = f"{email} {act} {Role(member.role).label.lower()} of {options['firm']}."
        self.answer(options, {"email": email, "firm": options["firm"], "role": member.role, "added": not known}, words)

    def _password(self, from_stdin: bool, email: str) -> str:
        """Return a new password that the rules accept; it never stands in the command line."""
        if from_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        elif sys.stdin.isatty():
            password = getpass.getpass("Password for the new member: ")
            if password != getpass.getpass("Once more: "):
                raise WrongUse("The two passwords differ. Nothing was changed.")
        else:
            raise WrongUse("There is no terminal to ask for a password. Use --password-stdin.")
        try:
            validate_password(password, User(email=email))
        except ValidationError as error:
            raise WrongUse(" ".join(error.messages)) from error
        return password
