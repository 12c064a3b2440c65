"""Contacts and words of referrals: identity and free text, apart from the coded facts."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""CREATE TABLE referral_contents (
        referral_id uuid PRIMARY KEY REFERENCES referrals,
        content jsonb NOT NULL,
        changed_at timestamptz NOT NULL,
        actor text NOT NULL)""")


def downgrade() -> None:
    op.execute("DROP TABLE referral_contents")
