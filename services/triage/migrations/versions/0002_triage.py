"""What triage knows of referrals, their cases, and who must take part in a decision."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    # each row is made by whichever event names it first; a version or revision never falls
    """CREATE TABLE referral_facts (
        referral_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL,
        kind text NOT NULL,
        version integer NOT NULL,
        state text NOT NULL,
        was_accepted boolean NOT NULL,
        is_queried_after_acceptance boolean NOT NULL,
        missing text[] NOT NULL,
        answered_version integer NOT NULL,
        coded jsonb,
        criteria_to_reside text[] NOT NULL,
        expected_discharge_on date,
        stay_id uuid,
        stop_reason text)""",
    "CREATE INDEX referral_facts_by_person ON referral_facts (patient_key)",
    """CREATE TABLE stay_facts (
        stay_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL,
        revision integer NOT NULL,
        admitted_at timestamptz NOT NULL,
        discharged_at timestamptz,
        is_cancelled boolean NOT NULL)""",
    """CREATE TABLE person_facts (
        patient_key uuid PRIMARY KEY,
        revision integer NOT NULL,
        died_at timestamptz)""",
    """CREATE TABLE package_facts (
        package_id uuid PRIMARY KEY,
        referral_id uuid NOT NULL,
        patient_key uuid NOT NULL,
        version integer NOT NULL,
        lines jsonb NOT NULL,
        handed_back uuid[] NOT NULL,
        ended_reason text)""",
    "CREATE INDEX package_facts_by_referral ON package_facts (referral_id)",
    """CREATE TABLE cases (
        case_id uuid PRIMARY KEY,
        referral_id uuid NOT NULL UNIQUE,
        patient_key uuid NOT NULL,
        kind text NOT NULL,
        state text NOT NULL CHECK (state IN ('open', 'assessing', 'decided', 'closed')),
        version integer NOT NULL,
        is_paused boolean NOT NULL,
        awaiting_answer_since integer,
        target_on date,
        is_target_set_here boolean NOT NULL,
        overdue_announced_for date,
        closed_reason text,
        CHECK ((state = 'closed') = (closed_reason IS NOT NULL)))""",
    "CREATE INDEX cases_by_state ON cases (state, case_id)",
    """CREATE TABLE assessments (
        assessment_id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES cases,
        number integer NOT NULL,
        role text NOT NULL,
        findings text[] NOT NULL,
        note_id uuid,
        by text NOT NULL,
        assessed_at timestamptz NOT NULL,
        UNIQUE (case_id, number))""",
    """CREATE TABLE decisions (
        case_id uuid NOT NULL REFERENCES cases,
        number integer NOT NULL,
        pathway smallint NOT NULL CHECK (pathway BETWEEN 0 AND 3),
        suggested_pathway smallint NOT NULL CHECK (suggested_pathway BETWEEN 0 AND 3),
        rules_fired text[] NOT NULL,
        participants text[] NOT NULL,
        lines jsonb NOT NULL,
        differs_reason text,
        note_id uuid,
        outward_postcode text,
        age_band text,
        by text NOT NULL,
        decided_at timestamptz NOT NULL,
        PRIMARY KEY (case_id, number),
        CHECK (pathway = suggested_pathway OR (differs_reason IS NOT NULL AND note_id IS NOT NULL)))""",
    # quorum: groups of roles, each met by one of its roles
    """CREATE TABLE kind_policy (
        kind text NOT NULL,
        pathway smallint NOT NULL CHECK (pathway BETWEEN 0 AND 3),
        quorum jsonb NOT NULL,
        PRIMARY KEY (kind, pathway))""",
    """INSERT INTO kind_policy (kind, pathway, quorum) VALUES
        ('hospital_discharge', 0, '[["nurse"]]'),
        ('hospital_discharge', 1, '[["nurse"], ["occupational_therapist", "physiotherapist", "social_worker"]]'),
        ('hospital_discharge', 2, '[["nurse"], ["occupational_therapist", "physiotherapist"], ["social_worker"]]'),
        ('hospital_discharge', 3, '[["nurse"], ["occupational_therapist", "physiotherapist"], ["social_worker"]]')""",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "kind_policy",
        "decisions",
        "assessments",
        "cases",
        "package_facts",
        "person_facts",
        "stay_facts",
        "referral_facts",
    ):
        op.execute(f"DROP TABLE {table}")
