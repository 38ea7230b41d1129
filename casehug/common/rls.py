"""Migration operations that wall firms off in the database: row security, composite keys, grants, functions."""

from collections.abc import Mapping, Sequence

from django.db import migrations

FIRM_MATCHES = "firm_id = (SELECT nullif(current_setting('app.firm_id', true), '')::uuid)"
ALL_VERBS = "SELECT, INSERT, UPDATE, DELETE"


class FirmTable(migrations.RunSQL):
    """Put one firm table under row security.

    `table` is the table; `foreign_keys` maps a column to the firm table it points at (composite constraint, so that a
    key check, which bypasses row security, cannot accept another firm's row); `grants` are the app role's verbs;
    `key` is the column that holds the firm (`id` for the table of firms itself).
    Reversible.
    """

    def __init__(
        self,
        table: str,
        *,
        foreign_keys: Mapping[str, str] | None = None,
        grants: str = ALL_VERBS,
        key: str = "firm_id",
    ) -> None:
        matches = FIRM_MATCHES.replace("firm_id", key, 1)
        forward = [
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            f'CREATE POLICY firm_scope ON "{table}" TO cx_app, cx_owner USING ({matches}) WITH CHECK ({matches})',
            f'REVOKE ALL ON "{table}" FROM PUBLIC',
            f'GRANT {grants} ON "{table}" TO cx_app',
        ]
        backward = [
            f'DROP POLICY firm_scope ON "{table}"',
            f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY',
            f'REVOKE ALL ON "{table}" FROM cx_app',
        ]
        if key == "firm_id":
            forward += [
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_firm_key" UNIQUE (firm_id, id)',
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_firm_exists" FOREIGN KEY (firm_id) '
                "REFERENCES firms_firm (id) DEFERRABLE INITIALLY DEFERRED",
            ]
            backward += [
                f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_firm_exists"',
                f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_firm_key" CASCADE',
            ]
        for column, target in (foreign_keys or {}).items():
            name = f"{table}_{column}_same_firm"[:63]
            forward.append(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" FOREIGN KEY (firm_id, "{column}") '
                f'REFERENCES "{target}" (firm_id, id) DEFERRABLE INITIALLY DEFERRED'
            )
            backward.insert(0, f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{name}"')
        super().__init__(tuple(forward), tuple(backward))


class SharedTable(migrations.RunSQL):
    """Grant the app role its verbs on a table that belongs to no firm (users, sessions, Django's own)."""

    def __init__(self, *tables: str, grants: str = ALL_VERBS) -> None:
        names = ", ".join(f'"{table}"' for table in tables)
        super().__init__([f"GRANT {grants} ON {names} TO cx_app"], [f"REVOKE ALL ON {names} FROM cx_app"])


class ResolverFunction(migrations.RunSQL):
    """A SECURITY DEFINER function of `cx_resolve`: turns a secret's hash or a user id into ids before a firm is known.

    `name`, `arguments` (SQL), `returns` (SQL), `body` (one SELECT); `reads` maps each table read to its columns.
    """

    def __init__(
        self, name: str, *, arguments: str, returns: str, body: str, reads: Mapping[str, Sequence[str]]
    ) -> None:
        types = ", ".join(part.strip().split(" ", 1)[1] for part in arguments.split(",")) if arguments else ""
        forward: list[str] = []
        for table, columns in reads.items():
            listed = ", ".join(f'"{column}"' for column in columns)
            forward += [
                f'GRANT SELECT ({listed}) ON "{table}" TO cx_resolve',
                f"""DO $$ BEGIN
                    IF EXISTS (SELECT 1 FROM pg_class WHERE relname = '{table}' AND relrowsecurity) AND NOT EXISTS
                        (SELECT 1 FROM pg_policies WHERE tablename = '{table}' AND policyname = 'resolve_only')
                    THEN CREATE POLICY resolve_only ON "{table}" FOR SELECT TO cx_resolve USING (true);
                    END IF; END $$""",  # nosec B608  # names that migrations write
            ]
        forward += [
            f"CREATE FUNCTION {name}({arguments}) RETURNS {returns} LANGUAGE sql STABLE SECURITY DEFINER "
            f"SET search_path = pg_catalog, public AS $body$ {body} $body$",
            f"REVOKE ALL ON FUNCTION {name}({types}) FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {name}({types}) TO cx_app",
            # Last: the owner role may hand the function over, but does not act as cx_resolve.
            f"ALTER FUNCTION {name}({types}) OWNER TO cx_resolve",
        ]
        super().__init__(tuple(forward), [f"DROP FUNCTION {name}({types})"])
