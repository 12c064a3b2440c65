"""FHIR messages of a journey: what each asked, when its sender wrote it, and by what a later one finds the first."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_UP = (
    # reason: new, update or cancel; sent_at: by the sender's clock
    "ALTER TABLE fhir_messages ADD COLUMN reason text NOT NULL DEFAULT 'new', ADD COLUMN sent_at timestamptz",
    "CREATE INDEX fhir_messages_by_bundle ON fhir_messages (bundle_id)",
    "CREATE INDEX fhir_messages_by_referral ON fhir_messages (referral_id)",
    # a search for a patient's referrals, also by a number that is not verified and so identifies nobody
    "CREATE INDEX people_by_nhs_number ON people (nhs_number) WHERE nhs_number IS NOT NULL",
)
_DOWN = (
    "DROP INDEX people_by_nhs_number",
    "DROP INDEX fhir_messages_by_referral",
    "DROP INDEX fhir_messages_by_bundle",
    "ALTER TABLE fhir_messages DROP COLUMN reason, DROP COLUMN sent_at",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
