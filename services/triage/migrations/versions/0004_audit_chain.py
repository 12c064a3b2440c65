"""The audit log becomes a chain; the service's role can only add to it."""

from alembic import op

from homeward_kit.migrations import steps_audit_chain

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps_audit_chain.step_audit_chain(op)


def downgrade() -> None:
    steps_audit_chain.drop_audit_chain(op)
