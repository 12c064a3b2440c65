"""When a referral was received: the time to respond counts from then."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE referral_facts ADD COLUMN received_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE referral_facts DROP COLUMN received_at")
