"""Who is one person: what was said about two records, which records may be one, and the kit's aliases."""

from alembic import op

from homeward_kit.migrations import steps_aliases

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UP = (
    # what was last said about two records, whichever was to survive; its revision counts the events told of them
    """CREATE TABLE merges (
        first uuid NOT NULL REFERENCES people,
        second uuid NOT NULL REFERENCES people,
        survivor uuid NOT NULL REFERENCES people,
        is_merged boolean NOT NULL,
        revision integer NOT NULL,
        said_at timestamptz NOT NULL,
        said_by text NOT NULL,
        PRIMARY KEY (first, second),
        CHECK (first < second))""",
    "CREATE INDEX merges_by_second ON merges (second)",
    # what possible duplicates share: name, birth date and postcode as one text; set with a person's next message
    "ALTER TABLE people ADD COLUMN likeness text",
    "CREATE INDEX people_by_likeness ON people (likeness, nhs_number_status, patient_key) WHERE likeness IS NOT NULL",
    "DROP TABLE possible_duplicates",
    """CREATE TABLE possible_duplicates (
        duplicate_id uuid PRIMARY KEY,
        first uuid NOT NULL REFERENCES people,
        second uuid NOT NULL REFERENCES people,
        because text NOT NULL,
        raised_at timestamptz NOT NULL,
        version integer NOT NULL,
        decision text,
        reason text,
        decided_at timestamptz,
        decided_by text,
        UNIQUE (first, second),
        CHECK (first < second),
        CHECK ((decision IS NULL) = (decided_at IS NULL)))""",
    "CREATE INDEX possible_duplicates_by_second ON possible_duplicates (second)",
    "CREATE INDEX possible_duplicates_in_order ON possible_duplicates (raised_at, duplicate_id)",
)
_DOWN = (
    "DROP TABLE possible_duplicates",
    """CREATE TABLE possible_duplicates (
        patient_key uuid NOT NULL REFERENCES people,
        other_key uuid NOT NULL REFERENCES people,
        raised_at timestamptz NOT NULL,
        PRIMARY KEY (patient_key, other_key))""",
    "DROP INDEX people_by_likeness",
    "ALTER TABLE people DROP COLUMN likeness",
    "DROP TABLE merges",
)


def upgrade() -> None:
    steps_aliases.step_aliases(op)
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
    steps_aliases.drop_aliases(op)
