"""The kit's step that makes the audit log a chain: which transaction wrote a row, and seals over what is final."""

from homeward_kit.migrations.steps import Operations

# Whoever may write here may add rows of its own making and nothing else: the number, the time and the transaction of a
# row are the database's own words, and neither table can be changed, emptied or shortened. Default privileges gave the
# service's role more when the tables were made.
_PRIVILEGES = """
DO $$
DECLARE
    grantee name;
BEGIN
    FOR grantee IN
        SELECT DISTINCT r.rolname
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
        WHERE c.oid IN ('audit_log'::regclass, 'audit_seals'::regclass)
            AND a.grantee <> c.relowner AND a.privilege_type = 'INSERT'
    LOOP
        EXECUTE format('REVOKE ALL ON audit_log, audit_seals FROM %I', grantee);
        EXECUTE format('GRANT SELECT ON audit_log, audit_seals TO %I', grantee);
        EXECUTE format(
            'GRANT INSERT (action, subject, outcome, actor, role, organisation, purpose, patient_key, trace_id)'
            ' ON audit_log TO %I', grantee);
        EXECUTE format('GRANT INSERT (seq, ids, hashes, upto_xact, upto_id) ON audit_seals TO %I', grantee);
    END LOOP;
END $$
"""

_UP = (
    # a constant first, so that rows that are there need not be written anew
    "ALTER TABLE audit_log ADD COLUMN xact bigint NOT NULL DEFAULT 0",
    "ALTER TABLE audit_log ALTER COLUMN xact SET DEFAULT CAST(CAST(pg_current_xact_id() AS text) AS bigint)",
    "CREATE INDEX audit_log_by_xact ON audit_log (xact, id)",
    """CREATE TABLE audit_seals (
        seq bigint PRIMARY KEY CHECK (seq > 0),
        ids bigint[] NOT NULL CHECK (cardinality(ids) > 0),
        hashes bytea NOT NULL CHECK (octet_length(hashes) = 32 * cardinality(ids)),
        upto_xact bigint NOT NULL,
        upto_id bigint NOT NULL,
        sealed_at timestamptz NOT NULL DEFAULT now())""",
    """CREATE OR REPLACE FUNCTION homeward_audit_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END $$""",
    """CREATE TRIGGER audit_seals_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION homeward_audit_is_insert_only()""",
    _PRIVILEGES,
)


def step_audit_chain(op: Operations) -> None:
    """Rows carry their transaction; seals chain them. The service's role may only add, and only what is its own."""
    for statement in _UP:
        op.execute(statement)


def drop_audit_chain(op: Operations) -> None:
    """Take the seals away again."""
    op.execute("DROP TABLE audit_seals")
    op.execute("ALTER TABLE audit_log DROP COLUMN xact")
