"""Generations of the read model: one is filled from the topics while pages read another (docs/adr/0006)."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE read_model_generations (
        number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        consumer_group text NOT NULL UNIQUE,
        state text NOT NULL CHECK (state IN ('building', 'active', 'ending')),
        started_at timestamptz NOT NULL DEFAULT now(),
        started_by text NOT NULL,
        switched_at timestamptz,
        behind bigint,
        hindrance text)""",
    "CREATE UNIQUE INDEX read_model_one_active ON read_model_generations (state) WHERE state = 'active'",
    "CREATE UNIQUE INDEX read_model_one_building ON read_model_generations (state) WHERE state = 'building'",
    """INSERT INTO read_model_generations (consumer_group, state, started_by)
       VALUES ('spa-intake-read-model', 'active', 'migration')""",
    # rows made before events were kept whole are shown until the generation that is filled anew takes their place
    """INSERT INTO read_model_generations (consumer_group, state, started_by)
       SELECT 'spa-intake-read-model-' || left(gen_random_uuid()::text, 8), 'building', 'migration'
       WHERE EXISTS (SELECT FROM journeys)""",
    "DROP TABLE journey_facts",
    "ALTER TABLE journeys RENAME TO journey_rows",
    "ALTER TABLE journey_rows ADD COLUMN generation integer NOT NULL DEFAULT 1 REFERENCES read_model_generations",
    "ALTER TABLE journey_rows ALTER COLUMN generation DROP DEFAULT",
    "ALTER TABLE journey_rows DROP CONSTRAINT journeys_pkey, ADD PRIMARY KEY (generation, referral_id)",
    "DROP INDEX journeys_by_stage, journeys_by_person, journeys_by_change",
    """CREATE INDEX journeys_by_stage ON journey_rows
       (generation, stage, coalesce(due_on, DATE '9999-12-31'), received_at, referral_id)""",
    "CREATE INDEX journeys_by_person ON journey_rows (generation, patient_key)",
    "CREATE INDEX journeys_by_change ON journey_rows (generation, changed_at)",
    "ALTER TABLE timeline RENAME TO timeline_entries",
    "ALTER TABLE timeline_entries ADD COLUMN generation integer NOT NULL DEFAULT 1 REFERENCES read_model_generations",
    "ALTER TABLE timeline_entries ALTER COLUMN generation DROP DEFAULT",
    # what the event says of a referral, case, package, offer, watch, stay or person
    "ALTER TABLE timeline_entries ADD COLUMN facts jsonb NOT NULL DEFAULT '[]'",
    "ALTER TABLE timeline_entries ALTER COLUMN facts DROP DEFAULT",
    "ALTER TABLE timeline_entries DROP CONSTRAINT timeline_pkey, ADD PRIMARY KEY (generation, event_id)",
    "DROP INDEX timeline_by_referral, timeline_by_person",
    """CREATE INDEX timeline_by_referral ON timeline_entries (generation, referral_id, recorded_at)
       WHERE referral_id IS NOT NULL""",
    "CREATE INDEX timeline_by_person ON timeline_entries (generation, patient_key, recorded_at)",
    """CREATE VIEW journeys AS
       SELECT * FROM journey_rows
       WHERE generation = (SELECT number FROM read_model_generations WHERE state = 'active')""",
    """CREATE VIEW timeline AS
       SELECT * FROM timeline_entries
       WHERE generation = (SELECT number FROM read_model_generations WHERE state = 'active')""",
)

_DOWN = (
    "DROP VIEW timeline, journeys",
    "DELETE FROM journey_rows USING read_model_generations WHERE generation = number AND state <> 'active'",
    "DELETE FROM timeline_entries USING read_model_generations WHERE generation = number AND state <> 'active'",
    "DROP INDEX timeline_by_referral, timeline_by_person, journeys_by_stage, journeys_by_person, journeys_by_change",
    "ALTER TABLE timeline_entries DROP COLUMN generation, DROP COLUMN facts",
    "ALTER TABLE timeline_entries ADD CONSTRAINT timeline_pkey PRIMARY KEY (event_id)",
    "ALTER TABLE timeline_entries RENAME TO timeline",
    "CREATE INDEX timeline_by_referral ON timeline (referral_id, recorded_at) WHERE referral_id IS NOT NULL",
    "CREATE INDEX timeline_by_person ON timeline (patient_key, recorded_at) WHERE referral_id IS NULL",
    "ALTER TABLE journey_rows DROP COLUMN generation",
    "ALTER TABLE journey_rows ADD CONSTRAINT journeys_pkey PRIMARY KEY (referral_id)",
    "ALTER TABLE journey_rows RENAME TO journeys",
    "CREATE INDEX journeys_by_stage ON journeys (stage, coalesce(due_on, DATE '9999-12-31'), received_at, referral_id)",
    "CREATE INDEX journeys_by_person ON journeys (patient_key)",
    "CREATE INDEX journeys_by_change ON journeys (changed_at)",
    """CREATE TABLE journey_facts (
        kind text NOT NULL,
        id uuid NOT NULL,
        patient_key uuid NOT NULL,
        referral_id uuid,
        version integer NOT NULL,
        data jsonb NOT NULL,
        PRIMARY KEY (kind, id))""",
    "CREATE INDEX journey_facts_by_person ON journey_facts (patient_key)",
    "DROP TABLE read_model_generations",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
