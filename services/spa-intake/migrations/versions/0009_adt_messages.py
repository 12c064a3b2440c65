"""Every ADT message that came, sealed, with what became of it; how a sender counts its messages."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_UP = (
    # `name` is the same for the same text of the same sender; `sealed` is the message under the key `key_id`
    """CREATE TABLE adt_messages (
        message_id uuid PRIMARY KEY,
        name text NOT NULL UNIQUE,
        door text NOT NULL,
        actor text NOT NULL,
        organisation text NOT NULL,
        sending_system text NOT NULL,
        control_id text,
        message_type text,
        received_at timestamptz NOT NULL,
        last_received_at timestamptz NOT NULL,
        times_received integer NOT NULL DEFAULT 1,
        outcome text NOT NULL,
        condition text,
        location text,
        patient_key uuid,
        stay_id uuid,
        referral_id uuid,
        replayed_at timestamptz,
        replayed_by text,
        replay_reason text,
        key_id text NOT NULL,
        nonce bytea NOT NULL,
        sealed bytea NOT NULL)""",
    "CREATE INDEX adt_messages_by_outcome ON adt_messages (outcome, last_received_at DESC)",
    "CREATE INDEX adt_messages_by_control_id ON adt_messages (sending_system, control_id)",
    "ALTER TABLE movements ADD COLUMN sequence bigint",
    # the text in clear is kept no longer; the movement itself is all that the stays are rebuilt from
    "ALTER TABLE movements DROP COLUMN raw_message",
)
_DOWN = (
    "ALTER TABLE movements ADD COLUMN raw_message text NOT NULL DEFAULT ''",
    "ALTER TABLE movements DROP COLUMN sequence",
    "DROP TABLE adt_messages",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
