"""The event log has two indexes in place of three."""

from alembic import op

from homeward_kit.migrations import steps_event_log

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps_event_log.step_event_log_indexes(op)


def downgrade() -> None:
    steps_event_log.drop_event_log_indexes(op)
