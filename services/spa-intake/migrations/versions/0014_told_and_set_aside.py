"""When each detail of a person was told; that an operator has set a refused ADT message aside."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_UP = (
    # by the detail's name, where it is not `details_as_of`; nothing for most people, so nothing is rewritten
    "ALTER TABLE people ADD COLUMN told_at jsonb",
    "ALTER TABLE adt_messages ADD COLUMN set_aside_at timestamptz",
    "ALTER TABLE adt_messages ADD COLUMN set_aside_by text",
    "ALTER TABLE adt_messages ADD COLUMN set_aside_reason text",
)
_DOWN = (
    "ALTER TABLE adt_messages DROP COLUMN set_aside_reason",
    "ALTER TABLE adt_messages DROP COLUMN set_aside_by",
    "ALTER TABLE adt_messages DROP COLUMN set_aside_at",
    "ALTER TABLE people DROP COLUMN told_at",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
