"""Row security of the audit log, and its append-only walls: one function to insert, triggers against change."""

from django.db import migrations

from casehug.common.rls import FirmTable

APPEND = """
CREATE FUNCTION audit_append(p_id uuid, p_firm uuid, p_seq bigint, p_actor uuid, p_source varchar, p_address varchar,
    p_action varchar, p_object_type varchar, p_object uuid, p_changes jsonb, p_outcome varchar, p_remote varchar, p_digest bytea)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    -- The definer's own policy accepts any firm, so the caller's scope is checked here.
    IF p_firm IS DISTINCT FROM nullif(current_setting('app.firm_id', true), '')::uuid THEN
        RAISE EXCEPTION 'audit_append outside the firm scope' USING ERRCODE = '42501';
    END IF;
    INSERT INTO audit_auditentry (id, firm_id, created_at, updated_at, seq, actor_id, source, address, action, object_type,
        object_id, changes, outcome, remote_id, digest)
    VALUES (p_id, p_firm, now(), now(), p_seq, p_actor, p_source, p_address, p_action, p_object_type,
        p_object, p_changes, p_outcome, p_remote, p_digest);
END $$"""
TYPES = "uuid, uuid, bigint, uuid, varchar, varchar, varchar, varchar, uuid, jsonb, varchar, varchar, bytea"
REFUSE = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = '42501'; END $$"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_tables"), ("firms", "0002_walls")]

    operations = [
        FirmTable("audit_auditentry", grants="SELECT"),
        migrations.RunSQL(
            [
                "CREATE POLICY append_only ON audit_auditentry FOR INSERT TO cx_audit WITH CHECK (true)",
                "GRANT INSERT ON audit_auditentry TO cx_audit",
                APPEND,
                f"REVOKE ALL ON FUNCTION audit_append({TYPES}) FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION audit_append({TYPES}) TO cx_app",
                f"ALTER FUNCTION audit_append({TYPES}) OWNER TO cx_audit",
                REFUSE,
                "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_auditentry "
                "FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
                # Row triggers do not see TRUNCATE.
                "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_auditentry "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()",
            ],
            [
                "DROP TRIGGER audit_no_truncate ON audit_auditentry",
                "DROP TRIGGER audit_no_change ON audit_auditentry",
                "DROP FUNCTION audit_refuse_change()",
                f"DROP FUNCTION audit_append({TYPES})",
                "DROP POLICY append_only ON audit_auditentry",
            ],
        ),
    ]
