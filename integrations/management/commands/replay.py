"""`manage.py replay`: process incoming events again, or send outgoing webhooks again, by id or by time."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from casehug.audit.services import record
from casehug.common.actor import actor_context
from casehug.common.command import FirmCommand, Problem, WrongUse, firm_id_of, id_of
from casehug.common.scope import firm_scope
from integrations.contract.errors import Refused
from integrations.inbound import store
from integrations.management.following import add_provider, connection_of
from integrations.models import InboundEvent, WebhookDelivery, WebhookEndpoint
from integrations.outbound import sending

PIECE = 200


def moment(text: str) -> datetime:
    """Return the time that was typed; without a zone it is UTC. Raises `WrongUse`."""
    try:
        found = parse_datetime(text if "T" in text or " " in text else f"{text}T00:00:00")
    except ValueError:
        found = None
    if found is None:
        raise WrongUse(f"“{text}” is not a time, for example 2026-05-03T14:00:00Z.")
    return found if found.tzinfo else timezone.make_aware(found)


class Command(FirmCommand):
    """Repeating is safe: an event that changed nothing before changes nothing now, a receiver sees the same id."""

    help = "Process incoming events again, or send outgoing webhooks again."
    about = (
        "Examples: `replay events ine_… --firm SLUG`, `replay events --since 2026-05-03T08:00Z --failed --firm SLUG`, "
        "`replay deliveries whd_… --firm SLUG`, `replay deliveries --receiver wh_… --since 2026-05-03 --firm SLUG` "
        "(what failed since then)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=("events", "deliveries"))
        parser.add_argument("id", nargs="*", help="ids (ine_… or whd_…)")
        parser.add_argument("--since", type=str, metavar="TIME", help="instead of ids: what arrived or was made since")
        parser.add_argument("--until", type=str, metavar="TIME", help="events only: until then (default: now)")
        parser.add_argument("--failed", action="store_true", help="events only: those that failed")
        parser.add_argument("--receiver", metavar="ID", help="deliveries with --since: of which receiver (wh_…)")
        add_provider(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["id"]) == bool(options["since"]):
            raise WrongUse("Name ids, or a time with --since.")
        firm_id = firm_id_of(options["firm"])
        with actor_context(source="command"):
            act = self._events if options["what"] == "events" else self._deliveries
            again, left = act(firm_id, options)
        left_words = f" {left} could not: still waiting, content gone, or not there." if left else ""
        self.answer(options, {"firm": options["firm"], "what": options["what"], "again": again, "not_possible": left},
                    f"{again} {options['what']} again.{left_words}")  # fmt: skip
        if left:
            raise Problem("Not everything could be repeated.")

    def _events(self, firm_id: uuid.UUID, options: dict[str, Any]) -> tuple[int, int]:
        with firm_scope(firm_id):
            row = connection_of(options["provider"])
            rows = InboundEvent.objects.filter(connection=row)
            if options["id"]:
                wanted = [id_of("ine", text) for text in options["id"]]
            else:
                until = moment(options["until"]) if options["until"] else timezone.now()
                rows = rows.filter(received_at__gte=moment(options["since"]), received_at__lte=until).exclude(result="")
                rows = rows.filter(result=InboundEvent.Result.FAILED) if options["failed"] else rows
                wanted = list(rows.order_by("received_at", "id").values_list("id", flat=True))

        def replay(event_id: uuid.UUID) -> bool:
            event = InboundEvent.objects.select_for_update().filter(connection=row, id=event_id).first()
            if event is None or not store.replay(event, row):
                return False
            record(action="inbound_event.replayed", object_type="inbound_event", object_id=event.id)
            return True

        return self._each(firm_id, wanted, replay)

    def _deliveries(self, firm_id: uuid.UUID, options: dict[str, Any]) -> tuple[int, int]:
        if options["id"]:
            wanted = [id_of("whd", text) for text in options["id"]]
            return self._each(firm_id, wanted, _send_again)
        if not options["receiver"]:
            raise WrongUse("Say with --receiver which receiver it is about.")
        receiver, since, again, more = id_of("wh", options["receiver"]), moment(options["since"]), 0, True
        while more:
            with firm_scope(firm_id):
                try:
                    count, more = sending.resend_failed(endpoint_id=receiver, since=since)
                except (Refused, WebhookEndpoint.DoesNotExist) as refused:
                    raise WrongUse(getattr(refused, "detail", "There is no such receiver.")) from refused
            again += count
        return again, 0

    def _each(self, firm_id: uuid.UUID, wanted: list[uuid.UUID], act: Callable[[uuid.UUID], bool]) -> tuple[int, int]:
        bar, again = self.progress("Again", len(wanted)), 0
        for start in range(0, len(wanted), PIECE):
            with firm_scope(firm_id):
                for one in wanted[start : start + PIECE]:
                    again += act(one)
                    bar.step()
        bar.end()
        return again, len(wanted) - again


def _send_again(delivery_id: uuid.UUID) -> bool:
    try:
        return sending.resend(delivery_id=delivery_id)
    except (Refused, WebhookDelivery.DoesNotExist, WebhookEndpoint.DoesNotExist):
        return False
