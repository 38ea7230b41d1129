"""What an operator sees and does: the pause of everything outgoing, the operators' log, figures per firm."""

from django.db import migrations, models

import casehug.common.ids
from casehug.common.rls import ResolverFunction, SharedTable

LIVE = "w.status IN ('ready', 'running', 'held')"


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0001_tables"),
        ("firms", "0005_team_and_second_factor"),
    ]

    operations = [
        migrations.CreateModel(
            name="Standstill",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("since", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="standstill_one")],
            },
        ),
        migrations.CreateModel(
            name="OperatorEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=casehug.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("actor", models.CharField(max_length=254)),
                ("action", models.CharField(max_length=60)),
                ("details", models.JSONField(default=dict)),
            ],
            options={
                "indexes": [models.Index(fields=["action", "-created_at"], name="operatorentry_last")],
            },
        ),
        migrations.AddIndex(
            model_name="workitem",
            index=models.Index(
                condition=models.Q(("status", "dead")), fields=["finished_at"], name="workitem_given_up"
            ),
        ),
        SharedTable("common_standstill", grants="SELECT, INSERT, DELETE"),
        # What stands in the operators' log stays there.
        SharedTable("common_operatorentry", grants="SELECT, INSERT"),
        migrations.RunSQL(
            "GRANT SELECT (id) ON common_standstill TO cx_relay", "REVOKE ALL ON common_standstill FROM cx_relay"
        ),
        # Counts and ages per firm id and queue; no row of a firm comes out of it.
        ResolverFunction(
            "resolve_backlog",
            arguments="",
            returns="TABLE (firm_id uuid, queue varchar, ready bigint, running bigint, held bigint, reclaimed bigint, "
            "given_up bigint, oldest_due double precision)",
            body="SELECT w.firm_id, w.queue, count(*) FILTER (WHERE w.status = 'ready'), "
            "count(*) FILTER (WHERE w.status = 'running'), count(*) FILTER (WHERE w.status = 'held'), "
            f"count(*) FILTER (WHERE w.claims > 1 AND {LIVE}), count(*) FILTER (WHERE w.status = 'dead'), "
            "extract(epoch FROM now() - min(w.next_attempt_at) FILTER (WHERE w.status = 'ready' "
            "AND w.next_attempt_at <= now()))::double precision "
            f"FROM common_workitem w WHERE {LIVE} OR (w.status = 'dead' AND w.finished_at > now() - interval '1 day') "
            "GROUP BY w.firm_id, w.queue",  # nosec B608  # LIVE is a constant of this file
            reads={
                "common_workitem": ["firm_id", "queue", "status", "claims", "next_attempt_at", "finished_at"],
            },
        ),
        ResolverFunction(
            "resolve_kek_use",
            arguments="",
            returns="TABLE (kek_id varchar, data_keys bigint, oldest timestamptz)",
            body="SELECT k.kek_id, count(*), min(k.created_at) FROM common_datakey k GROUP BY k.kek_id",
            reads={"common_datakey": ["kek_id", "created_at"]},
        ),
    ]
