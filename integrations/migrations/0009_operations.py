"""Figures for the operator: state of each connection and what came in and waits, per firm id."""

from django.db import migrations

from casehug.common.rls import ResolverFunction


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0008_outbound"),
        ("common", "0002_operations"),
    ]

    operations = [
        ResolverFunction(
            "resolve_connection_states",
            arguments="",
            returns="TABLE (firm_id uuid, provider varchar, state varchar, paused boolean, paused_in boolean, "
            "events_waiting bigint, oldest_event double precision)",
            body="SELECT c.firm_id, c.provider, c.state, c.paused, c.paused_in, coalesce(e.waiting, 0), "
            "extract(epoch FROM now() - e.oldest)::double precision FROM integrations_connection c LEFT JOIN "
            "(SELECT i.connection_id, count(*) AS waiting, min(i.received_at) AS oldest FROM integrations_inboundevent i "
            "WHERE i.result = '' GROUP BY i.connection_id) e ON e.connection_id = c.id",
            reads={
                "integrations_connection": ["id", "firm_id", "provider", "state", "paused", "paused_in"],
                "integrations_inboundevent": ["connection_id", "result", "received_at"],
            },
        ),
    ]
