"""The kit's tables: messaging, answers to repeated requests, audit."""

from alembic import op

from homeward_kit.migrations import steps, steps_web

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.step_0001_messaging(op)
    steps_web.step_idempotency(op)
    steps_web.step_audit(op)


def downgrade() -> None:
    steps_web.drop_audit(op)
    steps_web.drop_idempotency(op)
    steps.drop_0001_messaging(op)
