"""Attendances at emergency departments, and the patient class of movements, by which they are told from stays."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_UP = (
    "ALTER TABLE movements ADD COLUMN patient_class text",
    """CREATE TABLE attendances (
        attendance_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL REFERENCES people,
        revision integer NOT NULL,
        hospital text NOT NULL,
        visit_number text,
        attended_at timestamptz NOT NULL,
        is_cancelled boolean NOT NULL)""",
    "CREATE INDEX attendances_by_person ON attendances (patient_key)",
)
_DOWN = ("DROP TABLE attendances", "ALTER TABLE movements DROP COLUMN patient_class")


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
