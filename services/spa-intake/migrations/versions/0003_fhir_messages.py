"""The FHIR messages that were taken, so that one sent again is known."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE fhir_messages (
            sender text NOT NULL,
            request_id uuid NOT NULL,
            correlation_id uuid NOT NULL,
            bundle_id text NOT NULL,
            referral_id uuid NOT NULL,
            received_at timestamptz NOT NULL,
            PRIMARY KEY (sender, request_id))"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE fhir_messages")
