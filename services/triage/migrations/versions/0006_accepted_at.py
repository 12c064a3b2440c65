"""When a referral was accepted and a death recorded: the one ends what the other found accepted, for good."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UP = (
    # of referrals accepted before, their own closing says whether a death ended them
    "ALTER TABLE referral_facts ADD COLUMN accepted_at timestamptz",
    "DELETE FROM person_facts WHERE died_at IS NULL",
    "ALTER TABLE person_facts RENAME COLUMN died_at TO death_recorded_at",
    "ALTER TABLE person_facts ALTER COLUMN death_recorded_at SET NOT NULL",
    "ALTER TABLE person_facts DROP COLUMN revision",
)
DOWN = (
    "ALTER TABLE referral_facts DROP COLUMN accepted_at",
    # what is told next of a death counts
    "ALTER TABLE person_facts ADD COLUMN revision integer NOT NULL DEFAULT 0",
    "ALTER TABLE person_facts ALTER COLUMN revision DROP DEFAULT",
    "ALTER TABLE person_facts ALTER COLUMN death_recorded_at DROP NOT NULL",
    "ALTER TABLE person_facts RENAME COLUMN death_recorded_at TO died_at",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
