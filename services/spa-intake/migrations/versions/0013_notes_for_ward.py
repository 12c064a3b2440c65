"""A note may be for the ward to read as well."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # a constant default: no row is rewritten
    op.execute("ALTER TABLE notes ADD COLUMN for_ward boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE notes DROP COLUMN for_ward")
