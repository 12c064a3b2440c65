"""People, their hospital stays, referrals, notes, and what the other services said about a referral."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE people (
        patient_key uuid PRIMARY KEY,
        details_as_of timestamptz NOT NULL,
        family_name text,
        given_name text,
        born_on date,
        gender text,
        address_lines text[] NOT NULL DEFAULT '{}',
        postcode text,
        phone text,
        gp_practice text,
        nhs_number text,
        nhs_number_status text NOT NULL,
        verification_status text,
        died_at timestamptz,
        death_revision integer NOT NULL DEFAULT 0)""",
    # the identifiers that match people: a verified NHS number (scheme 'nhs') or a hospital's own (its ODS code)
    """CREATE TABLE person_identifiers (
        scheme text NOT NULL,
        value text NOT NULL,
        patient_key uuid NOT NULL REFERENCES people,
        PRIMARY KEY (scheme, value))""",
    "CREATE INDEX person_identifiers_by_person ON person_identifiers (patient_key)",
    """CREATE TABLE possible_duplicates (
        patient_key uuid NOT NULL REFERENCES people,
        other_key uuid NOT NULL REFERENCES people,
        raised_at timestamptz NOT NULL,
        PRIMARY KEY (patient_key, other_key))""",
    """CREATE TABLE stays (
        stay_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL REFERENCES people,
        revision integer NOT NULL,
        hospital text NOT NULL,
        visit_number text,
        ward text,
        admitted_at timestamptz NOT NULL,
        admission_method text,
        admission_source text,
        discharged_at timestamptz,
        discharge_destination text,
        discharge_method text,
        is_cancelled boolean NOT NULL)""",
    "CREATE INDEX stays_by_person ON stays (patient_key)",
    # the messages as they came, for replay, and what was read from them
    """CREATE TABLE movements (
        message text PRIMARY KEY,
        patient_key uuid NOT NULL REFERENCES people,
        sending_system text NOT NULL,
        control_id text NOT NULL,
        trigger text NOT NULL,
        hospital text NOT NULL,
        visit_number text,
        occurred_at timestamptz NOT NULL,
        sent_at timestamptz NOT NULL,
        ward text,
        admitted_at timestamptz,
        admission_method text,
        admission_source text,
        discharged_at timestamptz,
        discharge_destination text,
        discharge_method text,
        is_dead boolean,
        died_at timestamptz,
        stay_id uuid REFERENCES stays,
        raw_message text NOT NULL,
        received_at timestamptz NOT NULL)""",
    "CREATE INDEX movements_by_person ON movements (patient_key)",
    "CREATE INDEX movements_by_control_id ON movements (sending_system, control_id)",
    """CREATE TABLE referrals (
        referral_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL REFERENCES people,
        kind text NOT NULL,
        source text NOT NULL,
        state text NOT NULL,
        version integer NOT NULL,
        organisation text NOT NULL,
        facts jsonb NOT NULL,
        received_at timestamptz NOT NULL,
        visit_number text,
        queried_from text,
        missing text[] NOT NULL DEFAULT '{}',
        accepted_at timestamptz,
        ended_at timestamptz,
        ended_reason text,
        redirected_to text,
        stay_id uuid REFERENCES stays,
        assignee uuid,
        changed_at timestamptz NOT NULL)""",
    "CREATE INDEX referrals_by_person ON referrals (patient_key)",
    "CREATE INDEX referrals_by_stay ON referrals (stay_id) WHERE stay_id IS NOT NULL",
    "CREATE INDEX referrals_by_change ON referrals (changed_at, referral_id)",
    "CREATE INDEX referrals_of_organisation ON referrals (organisation, changed_at, referral_id)",
    """CREATE TABLE readiness (
        referral_id uuid NOT NULL REFERENCES referrals,
        assessed_at timestamptz NOT NULL,
        criteria text[] NOT NULL,
        recorded_at timestamptz NOT NULL,
        actor text NOT NULL,
        PRIMARY KEY (referral_id, assessed_at, recorded_at))""",
    """CREATE TABLE notes (
        note_id uuid PRIMARY KEY,
        referral_id uuid NOT NULL REFERENCES referrals,
        text text NOT NULL,
        author text NOT NULL,
        written_at timestamptz NOT NULL)""",
    "CREATE INDEX notes_by_referral ON notes (referral_id, written_at)",
    # no foreign key: a row is made by whichever event comes first
    """CREATE TABLE referral_progress (
        referral_id uuid PRIMARY KEY,
        case_version integer NOT NULL DEFAULT 0,
        case_state text,
        is_paused boolean NOT NULL DEFAULT false,
        is_returned boolean NOT NULL DEFAULT false,
        pathway smallint,
        target_on date,
        package_id uuid,
        package_version integer NOT NULL DEFAULT 0,
        package_state text,
        holds text[] NOT NULL DEFAULT '{}',
        watch_id uuid,
        watch_version integer NOT NULL DEFAULT 0,
        watch_state text,
        needs_new_referral boolean NOT NULL DEFAULT false)""",
)
_TABLES = "referral_progress notes readiness referrals movements stays possible_duplicates person_identifiers people"


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for table in _TABLES.split():
        op.execute(f"DROP TABLE {table}")
