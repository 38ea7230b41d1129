"""One function for the end of a firm's chain: key checks, lock and last entry in one trip to the database."""

from django.db import migrations

# In a function each statement sees what was committed before it, so the entry read is the last one after the lock.
HEAD = """
CREATE FUNCTION audit_head(OUT at timestamptz, OUT last_seq bigint, OUT last_digest bytea) LANGUAGE plpgsql AS $$
DECLARE firm uuid := nullif(current_setting('app.firm_id', true), '')::uuid;
BEGIN
    -- Deferred key checks take row locks: let them run before the chain's lock is taken.
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM pg_advisory_xact_lock(hashtextextended('audit:' || firm::text, 0));
    SELECT now(), coalesce(max(e.seq), 0), coalesce((array_agg(e.digest))[1], '') INTO at, last_seq, last_digest
    FROM (SELECT seq, digest FROM public.audit_auditentry WHERE firm_id = firm ORDER BY seq DESC LIMIT 1) e;
END $$"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_filters")]

    operations = [
        migrations.RunSQL(
            [HEAD, "REVOKE ALL ON FUNCTION audit_head() FROM PUBLIC", "GRANT EXECUTE ON FUNCTION audit_head() TO cx_app"],
            ["DROP FUNCTION audit_head()"],
        ),
    ]
