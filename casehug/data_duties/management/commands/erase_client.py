"""`manage.py erase_client`: erase one client everywhere, or repeat the erasures of a ledger after a restored backup."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from casehug.common.actor import actor_context
from casehug.common.command import FirmCommand, Problem, WrongUse, firm_id_of, id_of
from casehug.common.scope import firm_scope
from casehug.data_duties.erasure.run import ERASED, Busy, certificate, perform, plan_erasure, request_erasure
from casehug.data_duties.models import Erasure
from casehug.intake.errors import NotFound, Refused
from casehug.intake.models import Client

WAIT_SECONDS = 150


class Command(FirmCommand):
    """Without --confirm it only reports. A second run of a finished erasure changes nothing."""

    help = "Erase a client from every table and folder; print the certificate. Without --confirm only a dry run."
    about = (
        "An unknown client or firm is wrong use. A client whose work is running for long is a problem: run it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("client", nargs="?", default="", help="id of the client (cli_… or a UUID)")
        parser.add_argument("--confirm", action="store_true", help="erase; this cannot be taken back")
        parser.add_argument("--reason", choices=Erasure.Reason.values, default="request", help="why (default: request)")
        parser.add_argument(
            "--need-not-keep", action="store_true",
            help="somebody checked that no duty to keep the files of this client's matters stands against it",
        )  # fmt: skip
        parser.add_argument(
            "--ledger", type=Path, metavar="FILE",
            help="erase again whom a log or certificates file names (lines of the event client.erased)",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        firm_id = firm_id_of(options["firm"])
        if bool(options["client"]) == bool(options["ledger"]):
            raise WrongUse("Name one client, or a ledger with --ledger FILE.")
        with actor_context(source="command"):
            if options["ledger"]:
                self._ledger(firm_id, options)
            else:
                self._one(firm_id, id_of("cli", options["client"]), options)

    def _one(self, firm_id: uuid.UUID, client_id: uuid.UUID, options: dict[str, Any]) -> None:
        if not options["confirm"]:
            self._dry_run(firm_id, client_id, options)
            return
        erasure = _erase(firm_id, client_id, options["reason"], options["need_not_keep"])
        data = certificate(erasure) | {"sha256": erasure.digest}
        lines = [f"Erased. Certificate {erasure.public_id}, SHA-256 {erasure.digest}."]
        lines += [f"  {count:>6}  {label}" for label, count in erasure.counts.items()]
        lines += [f"Delete there yourself: {one['where']} {one['kind']} {one['id']}" for one in erasure.remote]
        lines += [f"Still mentioned: {count} rows of {table}" for table, count in erasure.mentions.items()]
        self.answer(options, data, "\n".join(lines))

    def _dry_run(self, firm_id: uuid.UUID, client_id: uuid.UUID, options: dict[str, Any]) -> None:
        try:
            with firm_scope(firm_id):
                plan = plan_erasure(client_id=client_id)
        except NotFound as error:
            raise WrongUse("There is no such client in this firm.") from error
        data = {"dry_run": True, "client": str(client_id), "erased": plan.counts, "files": plan.files,
                "to_delete_elsewhere": plan.remote, "still_mentioned": plan.mentions,
                "matters": [one.public_id for one in plan.matters], "open_matters": plan.open_matters}  # fmt: skip
        lines = ["Dry run, nothing was changed. These would go:"]
        lines += [f"  {count:>6}  {label}" for label, count in plan.counts.items()]
        lines += [f"  {plan.files:>6}  Files in the store", f"{len(plan.remote)} records stay at providers."]
        if plan.matters:
            lines.append("Files of matters may have to be kept for years: --need-not-keep says that somebody checked.")
        self.answer(options, data, "\n".join([*lines, "Erase with --confirm."]))

    def _ledger(self, firm_id: uuid.UUID, options: dict[str, Any]) -> None:
        with firm_scope(firm_id):
            named = _named(options["ledger"], str(firm_id))
            back = [one for one in named if Client.objects.filter(id=one).exists()]
        bar = self.progress("Clients", len(back))
        for client_id in back if options["confirm"] else []:
            _erase(firm_id, client_id, "request", True)
            bar.step()
        bar.end()
        data = {"named": len(named), "back": [str(one) for one in back], "erased": options["confirm"]}
        words = "erased again" if options["confirm"] else "back; erase them again with --confirm"
        self.answer(options, data, f"{len(named)} erased clients in the ledger, {len(back)} {words}.")


def _named(path: Path, firm: str) -> list[uuid.UUID]:
    found = set()
    try:
        for line in path.read_text("utf-8", errors="replace").splitlines():
            if ERASED in line:
                try:
                    given = json.loads(line)
                    if given["event"] == ERASED and given["firm"] == firm:
                        found.add(uuid.UUID(given["code"]))
                except (ValueError, KeyError, TypeError):
                    continue
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}.") from error
    return sorted(found)


def _erase(firm_id: uuid.UUID, client_id: uuid.UUID, reason: str, accepted: bool) -> Erasure:
    try:
        with firm_scope(firm_id):
            again = Erasure.objects.filter(client_id=client_id)
            if Client.objects.filter(id=client_id).exists():
                again.filter(state=Erasure.State.DONE).update(state=Erasure.State.QUEUED)  # a backup brought them back
            erasure = request_erasure(client_id=client_id, reason=reason, duty_accepted=accepted)
    except NotFound as error:
        raise WrongUse("There is no such client in this firm.") from error
    except Refused as error:
        raise WrongUse(f"{error.message} (--need-not-keep)") from error
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            perform(firm_id=firm_id, erasure_id=erasure.id)
        except Busy:
            if time.monotonic() > until:
                raise Problem("Work about this client is still running. Run the command again.") from None
            time.sleep(2)
        else:
            break
    with firm_scope(firm_id):
        found: Erasure = Erasure.objects.get(id=erasure.id)
    return found
