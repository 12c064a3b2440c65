"""The kit's step that lets the audit chain go on in another cluster: a seal names its own, and may begin an epoch."""

from homeward_kit.migrations.steps import Operations

_PRIVILEGES = """
DO $$
DECLARE
    grantee name;
BEGIN
    FOR grantee IN
        SELECT DISTINCT r.rolname
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
        WHERE c.oid = 'audit_seals'::regclass AND a.grantee <> c.relowner AND a.privilege_type = 'SELECT'
    LOOP
        EXECUTE format('GRANT INSERT (cluster, rows_after) ON audit_seals TO %I', grantee);
    END LOOP;
END $$
"""

_UP = (
    # the cluster's own number; none on seals that are there
    "ALTER TABLE audit_seals ADD COLUMN cluster bigint",
    # set on a seal that begins an epoch: its rows and all later ones have greater numbers, all earlier ones have not
    "ALTER TABLE audit_seals ADD COLUMN rows_after bigint",
    "CREATE INDEX audit_seals_epochs ON audit_seals (seq) WHERE rows_after IS NOT NULL",
    _PRIVILEGES,
)


def step_audit_epochs(op: Operations) -> None:
    """Seals name their cluster and may begin an epoch."""
    for statement in _UP:
        op.execute(statement)


def drop_audit_epochs(op: Operations) -> None:
    """Take both away again."""
    op.execute("ALTER TABLE audit_seals DROP COLUMN rows_after")
    op.execute("ALTER TABLE audit_seals DROP COLUMN cluster")
