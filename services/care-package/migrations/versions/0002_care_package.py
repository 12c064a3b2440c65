"""Facts about referrals, stays and people; packages with their lines and offers; providers and their places."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE referral_facts (
        referral_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL,
        version integer NOT NULL,
        state text,
        accepted_at timestamptz,
        closed_reason text,
        is_ready boolean NOT NULL,
        linked_stay_id uuid,
        decision jsonb,
        target_on date,
        target_version integer NOT NULL)""",
    "CREATE INDEX referral_facts_by_person ON referral_facts (patient_key)",
    """CREATE TABLE stay_facts (
        stay_id uuid PRIMARY KEY,
        patient_key uuid NOT NULL,
        revision integer NOT NULL,
        admitted_at timestamptz NOT NULL,
        discharged_at timestamptz,
        is_cancelled boolean NOT NULL,
        was_discharged boolean NOT NULL)""",
    "CREATE INDEX stay_facts_by_person ON stay_facts (patient_key)",
    """CREATE TABLE person_facts (
        patient_key uuid PRIMARY KEY,
        revision integer NOT NULL,
        death_recorded_at timestamptz)""",
    """CREATE TABLE providers (
        provider_id uuid PRIMARY KEY,
        name text NOT NULL,
        services text[] NOT NULL,
        areas text[] NOT NULL,
        ods_code text,
        phone text,
        version integer NOT NULL,
        registered_at timestamptz NOT NULL)""",
    "CREATE INDEX providers_by_service ON providers USING gin (services)",
    """CREATE TABLE capacity (
        provider_id uuid NOT NULL REFERENCES providers,
        service text NOT NULL,
        places integer NOT NULL CHECK (places >= 0),
        declared_at timestamptz NOT NULL,
        PRIMARY KEY (provider_id, service))""",
    """CREATE TABLE packages (
        package_id uuid PRIMARY KEY,
        referral_id uuid NOT NULL,
        patient_key uuid NOT NULL,
        version integer NOT NULL,
        kind text NOT NULL,
        opened_decision integer NOT NULL,
        decision integer NOT NULL,
        pathway smallint NOT NULL,
        target_on date,
        outward_postcode text,
        age_band text,
        opened_at timestamptz NOT NULL,
        state text NOT NULL,
        holds text[] NOT NULL,
        in_hospital_since timestamptz,
        UNIQUE (referral_id, opened_decision))""",
    # never two live packages of one referral, whatever the code does
    "CREATE UNIQUE INDEX packages_one_live ON packages (referral_id) WHERE state NOT IN ('ended', 'cancelled')",
    "CREATE INDEX packages_in_order ON packages (opened_at, package_id)",
    """CREATE TABLE package_lines (
        package_id uuid NOT NULL REFERENCES packages,
        line_id uuid NOT NULL,
        position smallint NOT NULL,
        service text NOT NULL,
        visits_per_day smallint,
        minutes_per_visit smallint,
        carers_per_visit smallint,
        days_per_week smallint,
        wanted jsonb,
        state text NOT NULL,
        round smallint NOT NULL,
        left_by uuid,
        agreed_offer_id uuid,
        agreed_provider_id uuid,
        agreed_at timestamptz,
        is_confirmed boolean NOT NULL,
        started_at timestamptz,
        start_on date,
        reason text,
        question text,
        PRIMARY KEY (package_id, line_id))""",
    """CREATE INDEX package_lines_given ON package_lines (agreed_provider_id, service)
        WHERE state IN ('agreed', 'started')""",
    """CREATE TABLE offers (
        offer_id uuid PRIMARY KEY,
        package_id uuid NOT NULL,
        line_id uuid NOT NULL,
        provider_id uuid NOT NULL REFERENCES providers,
        round smallint NOT NULL,
        wave smallint NOT NULL,
        sent_at timestamptz NOT NULL,
        respond_by timestamptz NOT NULL,
        because text[] NOT NULL,
        is_reconfirmation boolean NOT NULL,
        state text NOT NULL,
        answered_at timestamptz,
        reason text,
        FOREIGN KEY (package_id, line_id) REFERENCES package_lines,
        UNIQUE (package_id, line_id, wave, provider_id))""",
    "CREATE INDEX offers_by_provider ON offers (provider_id, sent_at DESC, offer_id)",
    "CREATE INDEX offers_open ON offers (provider_id) WHERE state = 'sent'",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "offers",
        "package_lines",
        "packages",
        "capacity",
        "providers",
        "person_facts",
        "stay_facts",
        "referral_facts",
    ):
        op.execute(f"DROP TABLE {table}")
