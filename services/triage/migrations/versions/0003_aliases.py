"""Keys that are one person's after a merge."""

from alembic import op

from homeward_kit.migrations import steps_aliases

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps_aliases.step_aliases(op)


def downgrade() -> None:
    steps_aliases.drop_aliases(op)
