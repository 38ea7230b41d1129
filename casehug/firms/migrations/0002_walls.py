"""Row security, grants and resolver functions of the shared tables and the work rows."""

from django.db import migrations

from casehug.common.rls import FirmTable, ResolverFunction, SharedTable

RELAY_READS = "id, firm_id, connection_id, queue, lane, status, step, writes, next_attempt_at, lease_until, rung_at"

FINAL_IS_FINAL = """
CREATE FUNCTION workitem_final_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('done', 'dead', 'cancelled') AND NEW.status IS DISTINCT FROM OLD.status THEN
        RAISE EXCEPTION 'a finished work row never changes its status (%)', OLD.status USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$"""


class Migration(migrations.Migration):
    dependencies = [
        ("firms", "0001_tables"),
        ("common", "0001_tables"),
        ("sessions", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        # No DELETE on firms and memberships: they are switched off, never removed by the app.
        FirmTable("firms_firm", key="id", grants="SELECT, INSERT, UPDATE"),
        FirmTable("firms_membership", grants="SELECT, INSERT, UPDATE"),
        FirmTable("firms_apikey", foreign_keys={"created_by_id": "firms_membership"}, grants="SELECT, INSERT, UPDATE"),
        FirmTable("common_datakey"),
        FirmTable("common_workitem"),
        FirmTable("common_gate"),
        SharedTable("firms_user", grants="SELECT, INSERT, UPDATE"),
        SharedTable(
            "common_throttle", "common_canary", "django_session", "account_emailaddress", "account_emailconfirmation"
        ),
        SharedTable("django_content_type", "auth_permission", "auth_group", "django_migrations", grants="SELECT"),
        migrations.RunSQL(
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO cx_app",
            "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM cx_app",
        ),
        migrations.RunSQL(
            [
                FINAL_IS_FINAL,
                "CREATE TRIGGER final_is_final BEFORE UPDATE ON common_workitem "
                "FOR EACH ROW EXECUTE FUNCTION workitem_final_is_final()",
            ],
            ["DROP TRIGGER final_is_final ON common_workitem", "DROP FUNCTION workitem_final_is_final()"],
        ),
        # The relay needs every firm's due rows and no content of any: columns, not rows, are its wall.
        migrations.RunSQL(
            [
                f"GRANT SELECT ({RELAY_READS}) ON common_workitem TO cx_relay",
                "GRANT UPDATE (rung_at) ON common_workitem TO cx_relay",
                "CREATE POLICY relay_rings ON common_workitem TO cx_relay USING (true) WITH CHECK (true)",
                "GRANT SELECT (firm_id, connection_id, lane, closed_until) ON common_gate TO cx_relay",
                "CREATE POLICY relay_reads ON common_gate FOR SELECT TO cx_relay USING (true)",
            ],
            [
                "DROP POLICY relay_reads ON common_gate",
                "REVOKE ALL ON common_gate FROM cx_relay",
                "DROP POLICY relay_rings ON common_workitem",
                "REVOKE ALL ON common_workitem FROM cx_relay",
            ],
        ),
        ResolverFunction(
            "resolve_memberships",
            arguments="p_user uuid",
            returns="TABLE (firm_id uuid, membership_id uuid, role varchar, name varchar, slug varchar, timezone varchar, demo boolean)",
            body="SELECT f.id, m.id, m.role, f.name, f.slug, f.timezone, f.demo FROM firms_membership m "
            "JOIN firms_firm f ON f.id = m.firm_id WHERE m.user_id = p_user AND m.active ORDER BY m.created_at",
            reads={
                "firms_membership": ["id", "firm_id", "user_id", "role", "active", "created_at"],
                "firms_firm": ["id", "name", "slug", "timezone", "demo", "created_at"],
            },
        ),
        ResolverFunction(
            "resolve_api_key",
            arguments="p_hash bytea",
            returns="TABLE (firm_id uuid, key_id uuid, scopes jsonb)",
            body="SELECT k.firm_id, k.id, k.scopes FROM firms_apikey k WHERE k.key_hash = p_hash "
            "AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())",
            reads={"firms_apikey": ["id", "firm_id", "key_hash", "scopes", "revoked_at", "expires_at"]},
        ),
        ResolverFunction(
            "resolve_firm_ids",
            arguments="",
            returns="TABLE (firm_id uuid)",
            body="SELECT f.id FROM firms_firm f ORDER BY f.created_at",
            reads={"firms_firm": ["id", "created_at"]},
        ),
        ResolverFunction(
            "resolve_kek_ids",
            arguments="",
            returns="TABLE (kek_id varchar)",
            body="SELECT DISTINCT k.kek_id FROM common_datakey k",
            reads={"common_datakey": ["kek_id"]},
        ),
        ResolverFunction(
            "resolve_firm_slug",
            arguments="p_slug varchar",
            returns="uuid",
            body="SELECT f.id FROM firms_firm f WHERE f.slug = p_slug",
            reads={"firms_firm": ["id", "slug"]},
        ),
    ]
