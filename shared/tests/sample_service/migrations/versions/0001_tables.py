"""The kit's tables, and where the sample service shows what took effect: nothing there hides a repeat."""

from alembic import op

from homeward_kit.migrations import (
    steps,
    steps_aliases,
    steps_audit_chain,
    steps_audit_epochs,
    steps_event_log,
    steps_web,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("things", "effects", "fired")


def upgrade() -> None:
    steps.step_0001_messaging(op)
    steps_event_log.step_event_log_indexes(op)
    steps_web.step_idempotency(op)
    steps_web.step_audit(op)
    steps_audit_chain.step_audit_chain(op)
    steps_audit_epochs.step_audit_epochs(op)
    steps_aliases.step_aliases(op)
    op.execute("CREATE TABLE things (key text NOT NULL, number integer NOT NULL CHECK (number <> 666))")
    op.execute("CREATE TABLE effects (position serial, key text NOT NULL, number integer NOT NULL)")
    op.execute("CREATE TABLE fired (kind text NOT NULL, aggregate_id uuid NOT NULL, is_late boolean NOT NULL)")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
    steps_aliases.drop_aliases(op)
    steps_audit_epochs.drop_audit_epochs(op)
    steps_audit_chain.drop_audit_chain(op)
    steps_web.drop_audit(op)
    steps_web.drop_idempotency(op)
    steps_event_log.drop_event_log_indexes(op)
    steps.drop_0001_messaging(op)
