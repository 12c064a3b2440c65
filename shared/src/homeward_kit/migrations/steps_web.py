"""The steps of the kit's web half: stored answers to repeated requests, and the audit log."""

from homeward_kit.migrations.steps import Operations

_IDEMPOTENCY = (
    # the request is known by digests only: keys and bodies may hold anything a caller typed
    """CREATE TABLE idempotency_keys (
        request bytea PRIMARY KEY,
        body bytea NOT NULL,
        status smallint,
        headers jsonb,
        answer text,
        made_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX idempotency_keys_by_age ON idempotency_keys (made_at)",
)

_AUDIT = (
    """CREATE TABLE audit_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        action text NOT NULL,
        subject text NOT NULL,
        outcome text NOT NULL,
        actor text NOT NULL,
        role text,
        organisation text,
        purpose text,
        patient_key uuid,
        trace_id text)""",
    "CREATE INDEX audit_log_by_patient ON audit_log (patient_key, id) WHERE patient_key IS NOT NULL",
    """CREATE FUNCTION homeward_audit_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit_log is insert-only' USING ERRCODE = 'insufficient_privilege';
    END $$""",
    """CREATE TRIGGER audit_log_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION homeward_audit_is_insert_only()""",
)


def step_idempotency(op: Operations) -> None:
    """Stored answers to commands, kept seven days."""
    for statement in _IDEMPOTENCY:
        op.execute(statement)


def drop_idempotency(op: Operations) -> None:
    """Take the stored answers away again."""
    op.execute("DROP TABLE idempotency_keys")


def step_audit(op: Operations) -> None:
    """The audit log: the service's role may add rows; nobody changes or removes one."""
    for statement in _AUDIT:
        op.execute(statement)


def drop_audit(op: Operations) -> None:
    """Take the audit log away again."""
    op.execute("DROP TABLE audit_log")
    op.execute("DROP FUNCTION homeward_audit_is_insert_only()")
