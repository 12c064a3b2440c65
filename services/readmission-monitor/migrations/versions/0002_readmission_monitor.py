"""What the monitor knows of people, their watches, and what each kind of referral is watched for."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    # each row is made by whichever event names it first; the highest revision of a stay is kept
    """CREATE TABLE stay_facts (
        stay_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL,
        revision integer NOT NULL,
        admitted_at timestamptz NOT NULL,
        admission_method text,
        admission_source text,
        discharged_at timestamptz,
        discharge_destination text,
        discharge_method text,
        is_cancelled boolean NOT NULL)""",
    "CREATE INDEX stay_facts_by_person ON stay_facts (patient_key)",
    """CREATE TABLE referral_facts (
        referral_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL,
        kind text,
        accepted_at timestamptz,
        withdrawn_at timestamptz,
        stay_id uuid,
        link_version integer NOT NULL,
        care_started_at timestamptz)""",
    "CREATE INDEX referral_facts_by_person ON referral_facts (patient_key)",
    """CREATE TABLE pathway_facts (
        referral_id uuid NOT NULL,
        decision integer NOT NULL,
        patient_key uuid NOT NULL,
        pathway smallint NOT NULL CHECK (pathway BETWEEN 0 AND 3),
        decided_at timestamptz NOT NULL,
        PRIMARY KEY (referral_id, decision))""",
    "CREATE INDEX pathway_facts_by_person ON pathway_facts (patient_key)",
    """CREATE TABLE death_facts (
        patient_key uuid PRIMARY KEY,
        revision integer NOT NULL,
        died_at timestamptz)""",
    """CREATE TABLE kind_policy (
        kind text PRIMARY KEY,
        outcome text NOT NULL,
        window_days smallint NOT NULL CHECK (window_days > 0))""",
    "INSERT INTO kind_policy VALUES ('hospital_discharge', 'emergency_readmission', 30)",
    """CREATE TABLE watches (
        watch_id uuid PRIMARY KEY,
        stay_id uuid NOT NULL UNIQUE,
        patient_key uuid NOT NULL,
        referral_id uuid NOT NULL,
        state text NOT NULL CHECK (state IN ('open', 'readmitted', 'completed', 'died', 'void')),
        discharged_at timestamptz NOT NULL,
        window_ends_at timestamptz NOT NULL,
        readmission_stay_id uuid,
        readmitted_at timestamptz,
        readmission_method text,
        days_since_discharge smallint,
        ended_at timestamptz,
        void_reason text,
        version integer NOT NULL,
        CHECK ((state = 'readmitted') = (readmission_stay_id IS NOT NULL)),
        CHECK ((state IN ('completed', 'died')) = (ended_at IS NOT NULL)),
        CHECK ((state = 'void') = (void_reason IS NOT NULL)))""",
    "CREATE INDEX watches_by_person ON watches (patient_key)",
    "CREATE INDEX watches_by_referral ON watches (referral_id)",
    "CREATE INDEX watches_by_discharge ON watches (discharged_at DESC, watch_id DESC)",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in ("watches", "kind_policy", "death_facts", "pathway_facts", "referral_facts", "stay_facts"):
        op.execute(f"DROP TABLE {table}")
