"""`manage.py make_operator EMAIL`: let a person open the operator's page, or no longer."""

from typing import Any

from django.core.management.base import CommandParser

from casehug.common import operator_log
from casehug.common.command import HouseCommand, WrongUse
from casehug.firms.models import User


class Command(HouseCommand):
    """The only way to become an operator. It gives no right in any firm."""

    help = "Let a person open the operator's page (/operations/), or with --remove no longer."
    about = (
        "The person must have an account; one without a firm is made with --new and sets a password by "
        "“Forgot your password?”. A second factor is asked for at the page."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument("--remove", action="store_true", help="take it away again")
        parser.add_argument("--new", action="store_true", help="make the account if there is none")

    def handle(self, *args: Any, **options: Any) -> None:
        email, wanted = options["email"].strip(), not options["remove"]
        user = User.objects.filter(email__iexact=email).first()
        if user is None and options["new"] and wanted:
            user = User.objects.create_user(email)
        if user is None:
            raise WrongUse(f"There is no account with the address {email}.{' Make it with --new.' if wanted else ''}")
        changed = bool(User.objects.filter(pk=user.pk, is_operator=not wanted).update(is_operator=wanted))
        if changed:
            operator_log.note(operator_log.OPERATOR, details={"person": user.email, "operator": wanted})
        words = f"{user.email} {'is' if wanted else 'is no longer'} an operator."
        self.answer(options, {"email": user.email, "operator": wanted, "changed": changed}, words)
