"""What a connection announces on the outbox when its state changes; ids and codes only."""

from casehug.outbox.services import publish
from integrations.models import Connection


def changed(connection: Connection, *, what: str, code: str = "") -> None:
    """Announce `connection.<what>` (connected, needs_reconnect, disconnected) in the transaction of the change."""
    data = {"provider": connection.provider, "state": str(connection.state), "code": code}
    publish(type=f"connection.{what}", subject_type="connection", subject_id=connection.id, data=data)
