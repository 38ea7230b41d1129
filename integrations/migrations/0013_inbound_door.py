"""The two functions behind a delivery: what is known about an address, and keeping an event once with its work.

Functions, because a session plans their statements once. They run as the caller, under row security.
"""

from django.db import migrations

ADDRESS = """
CREATE FUNCTION inbound_address(hash bytea) RETURNS TABLE (
    endpoint_id uuid, firm_id uuid, connection_id uuid, remote_firm varchar, state varchar, paused_in boolean,
    last_event_at timestamptz, asked_at timestamptz, key_id uuid, key_purpose varchar, key_kek varchar,
    key_wrapped bytea, secret_id uuid, secret_value bytea)
LANGUAGE plpgsql ROWS 1 AS $$
DECLARE
    found record;
    before text := coalesce(current_setting('app.firm_id', true), '');
BEGIN
    SELECT r.id, r.firm_id INTO found FROM resolve_inbound_endpoint(hash) r;
    IF found.id IS NULL THEN RETURN; END IF;
    PERFORM set_config('app.firm_id', found.firm_id::text, true);
    RETURN QUERY
        SELECT e.id, e.firm_id, c.id, c.remote_firm, c.state, c.paused_in, e.last_event_at, now(),
            k.id, k.purpose, k.kek_id, k.wrapped, s.id, s.value
        FROM integrations_inboundendpoint e
        JOIN integrations_connection c ON c.firm_id = e.firm_id AND c.id = e.connection_id
        LEFT JOIN common_datakey k ON k.firm_id = e.firm_id AND k.purpose = 'firm'
        LEFT JOIN integrations_inboundsecret s ON s.firm_id = e.firm_id AND s.endpoint_id = e.id
            AND (s.ends_at IS NULL OR s.ends_at > now())
        WHERE e.firm_id = found.firm_id AND e.id = found.id
        ORDER BY s.created_at DESC;
    -- Inside a longer transaction the firm must not outlive this call.
    PERFORM set_config('app.firm_id', before, true);
END $$"""
KEEP = """
CREATE FUNCTION inbound_keep(
    p_firm uuid, p_note boolean,
    p_id uuid, p_endpoint uuid, p_connection uuid, p_source varchar, p_verification varchar, p_event varchar,
    p_type varchar, p_kind varchar, p_subject uuid, p_matter varchar, p_contact varchar, p_content varchar,
    p_occurred timestamptz, p_received timestamptz, p_headers jsonb, p_payload bytea, p_size integer,
    w_id uuid, w_kind varchar, w_subject_type varchar, w_connection uuid, w_hold varchar)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    fresh boolean;
    before text := coalesce(current_setting('app.firm_id', true), '');
BEGIN
    -- The provider never repeats what was answered with 200: the commit waits for the disk.
    PERFORM set_config('app.firm_id', p_firm::text, true), set_config('synchronous_commit', 'on', true);
    INSERT INTO integrations_inboundevent (id, firm_id, created_at, updated_at, endpoint_id, connection_id, source,
        verification, event_id, event_type, kind, subject, matter_external_id, contact_external_id, content,
        occurred_at, received_at, headers, payload, size, result, reason, decision, duplicates, replays)
    VALUES (p_id, p_firm, now(), now(), p_endpoint, p_connection, p_source,
        p_verification, p_event, p_type, p_kind, p_subject, p_matter, p_contact, p_content,
        p_occurred, p_received, p_headers, p_payload, p_size, '', '', '{}', 0, 0)
    ON CONFLICT (firm_id, endpoint_id, event_id) DO NOTHING;
    fresh := FOUND;
    IF fresh THEN
        -- As `casehug.common.work.enqueue` does it; a test compares the two.
        INSERT INTO common_workitem AS w (id, firm_id, created_at, updated_at, connection_id, queue, lane, kind,
            subject_type, subject_id, writes, generation, step, step_state, status, hold_reason, next_attempt_at,
            attempts, claims, lease_owner, fence, last_error_class, last_error_code, last_error_text, trigger,
            request_id)
        VALUES (w_id, p_firm, now(), now(), w_connection, 'inbound', 1, w_kind,
            w_subject_type, p_subject, false, 1, '', '{}', CASE WHEN w_hold = '' THEN 'ready' ELSE 'held' END, w_hold,
            now(), 0, 0, '', 0, '', '', '', p_source, '')
        ON CONFLICT (firm_id, kind, subject_id, connection_id) WHERE status IN ('ready', 'running', 'held')
        DO UPDATE SET generation = w.generation + 1, lane = least(w.lane, excluded.lane),
            next_attempt_at = least(w.next_attempt_at, excluded.next_attempt_at), rung_at = NULL, updated_at = now();
    END IF;
    IF p_note THEN
        UPDATE integrations_inboundendpoint SET last_event_at = p_received WHERE firm_id = p_firm AND id = p_endpoint;
    END IF;
    PERFORM set_config('app.firm_id', before, true);
    RETURN fresh;
END $$"""


def _given(name: str, body: str) -> tuple[str, ...]:
    return body, f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC", f"GRANT EXECUTE ON FUNCTION {name} TO cx_app"


class Migration(migrations.Migration):
    dependencies = [("integrations", "0012_held")]

    operations = [
        migrations.RunSQL(_given("inbound_address", ADDRESS), "DROP FUNCTION inbound_address"),
        migrations.RunSQL(_given("inbound_keep", KEEP), "DROP FUNCTION inbound_keep"),
    ]
