"""The staff interface's read model, its staff and their sessions."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE journey_facts (
        kind text NOT NULL,
        id uuid NOT NULL,
        patient_key uuid NOT NULL,
        referral_id uuid,
        version integer NOT NULL,
        data jsonb NOT NULL,
        PRIMARY KEY (kind, id))""",
    "CREATE INDEX journey_facts_by_person ON journey_facts (patient_key)",
    """CREATE TABLE journeys (
        referral_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL,
        kind text NOT NULL,
        referral_state text NOT NULL,
        stage text NOT NULL,
        waiting_for text NOT NULL,
        waiting_since timestamptz NOT NULL,
        pathway smallint,
        hospital text NOT NULL,
        ward text,
        assignee uuid,
        is_ready boolean NOT NULL,
        criteria_assessed_at timestamptz,
        target_on date,
        due_on date,
        answer_by timestamptz,
        received_at timestamptz NOT NULL,
        left_at timestamptz,
        flags text[] NOT NULL,
        updated_at timestamptz NOT NULL,
        change_number bigint NOT NULL DEFAULT 1,
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp())""",
    "CREATE INDEX journeys_by_stage ON journeys (stage, coalesce(due_on, DATE '9999-12-31'), received_at, referral_id)",
    "CREATE INDEX journeys_by_person ON journeys (patient_key)",
    "CREATE INDEX journeys_by_change ON journeys (changed_at)",
    """CREATE TABLE timeline (
        event_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL,
        referral_id uuid,
        stay_id uuid,
        type text NOT NULL,
        service text NOT NULL,
        recorded_at timestamptz NOT NULL,
        version integer NOT NULL,
        actor text NOT NULL,
        details jsonb NOT NULL,
        applied_number bigint GENERATED ALWAYS AS IDENTITY)""",
    "CREATE INDEX timeline_by_referral ON timeline (referral_id, recorded_at) WHERE referral_id IS NOT NULL",
    "CREATE INDEX timeline_by_person ON timeline (patient_key, recorded_at) WHERE referral_id IS NULL",
    """CREATE TABLE staff (
        staff_id uuid PRIMARY KEY,
        name text NOT NULL,
        role text NOT NULL,
        organisation text NOT NULL)""",
    """CREATE TABLE staff_sessions (
        session_hash bytea PRIMARY KEY,
        staff_id uuid NOT NULL REFERENCES staff,
        started_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL)""",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for table in ("staff_sessions", "staff", "timeline", "journeys", "journey_facts"):
        op.execute(f"DROP TABLE {table}")
