-- The roles of the product and what PUBLIC loses. Idempotent; run as a superuser, connected to the product's database:
--   psql -v ON_ERROR_STOP=1 -v database=casehug -v owner_password=… -v app_password=… -v relay_password=… -f roles.sql
-- Grants on tables are made by migrations, as cx_owner.
DO $roles$
DECLARE role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['cx_owner', 'cx_app', 'cx_relay', 'cx_resolve', 'cx_audit'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I', role_name);
        END IF;
    END LOOP;
END
$roles$;

-- CREATEDB: tests make their own databases.
ALTER ROLE cx_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE CREATEDB NOREPLICATION PASSWORD :'owner_password';
ALTER ROLE cx_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION PASSWORD :'app_password';
ALTER ROLE cx_relay LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION PASSWORD :'relay_password';
ALTER ROLE cx_resolve NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION;
ALTER ROLE cx_audit NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION;

-- The owner hands functions over to these two, but has none of their rights by itself.
GRANT cx_resolve, cx_audit TO cx_owner WITH SET TRUE, INHERIT FALSE;

ALTER DATABASE :"database" OWNER TO cx_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO cx_app, cx_relay;

ALTER SCHEMA public OWNER TO cx_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO cx_app, cx_relay;
-- To own a function there a role needs both.
GRANT USAGE, CREATE ON SCHEMA public TO cx_resolve, cx_audit;
-- A new function is closed until a migration grants it.
ALTER DEFAULT PRIVILEGES FOR ROLE cx_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
