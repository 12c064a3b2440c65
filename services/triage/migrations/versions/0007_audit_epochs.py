"""The audit chain goes on where a dump is restored into another cluster."""

from alembic import op

from homeward_kit.migrations import steps_audit_epochs

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps_audit_epochs.step_audit_epochs(op)


def downgrade() -> None:
    steps_audit_epochs.drop_audit_epochs(op)
