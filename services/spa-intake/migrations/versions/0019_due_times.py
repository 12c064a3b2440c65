"""Until when a response is awaited, where it is to the hour; a row has it from its next event on."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_VIEW = """CREATE OR REPLACE VIEW journeys AS
    SELECT * FROM journey_rows
    WHERE generation = (SELECT number FROM read_model_generations WHERE state = 'active')"""


def upgrade() -> None:
    op.execute("ALTER TABLE journey_rows ADD COLUMN due_at timestamptz")
    op.execute(_VIEW)


def downgrade() -> None:
    op.execute("DROP VIEW journeys")
    op.execute("ALTER TABLE journey_rows DROP COLUMN due_at")
    op.execute(_VIEW)
