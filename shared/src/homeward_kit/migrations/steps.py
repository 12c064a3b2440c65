"""The kit's messaging tables as numbered steps; the steps of the web half are in `steps_web`."""

from typing import Protocol

MONTHS_AHEAD = 3


class Operations(Protocol):
    """What a step needs of `alembic.op`."""

    def execute(self, sqltext: str) -> None: ...


_OUTBOX_COLUMNS = """
    id uuid NOT NULL,
    shard smallint NOT NULL,
    aggregatetype text NOT NULL,
    aggregateid text NOT NULL,
    type text NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    payload text NOT NULL,
    headers jsonb NOT NULL DEFAULT '{}',
    tracingspancontext text,
    causation_id uuid,
    referral_id uuid,
    actor text NOT NULL,
    aggregate_version integer NOT NULL,
    event_time timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
"""

_PARTITIONS = """
CREATE FUNCTION homeward_ensure_partitions(months_ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    first_day date;
    parent text;
    partition text;
BEGIN
    PERFORM pg_advisory_xact_lock(4711002);
    FOREACH parent IN ARRAY ARRAY['event_log', 'inbox'] LOOP
        FOR ahead IN -1 .. months_ahead LOOP
            first_day := date_trunc('month', now() AT TIME ZONE 'UTC')::date + make_interval(months => ahead);
            partition := parent || '_' || to_char(first_day, 'YYYYMM');
            CONTINUE WHEN to_regclass(partition) IS NOT NULL;
            BEGIN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    partition, parent,
                    first_day::timestamp AT TIME ZONE 'UTC',
                    (first_day + interval '1 month')::timestamp AT TIME ZONE 'UTC');
            EXCEPTION WHEN check_violation THEN
                -- the default partition already holds rows of that month (a demonstration's clock ran ahead)
                RAISE NOTICE 'rows of % stay in the default partition', partition;
            END;
        END LOOP;
    END LOOP;
END $$
"""

_UP = (
    f"CREATE TABLE outbox (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {_OUTBOX_COLUMNS})",
    "CREATE INDEX outbox_by_shard ON outbox (shard, seq)",
    # no more indexes: each costs every event twice, and the outbox is nearly always empty
    # busy and always nearly empty: vacuum early, so that dead rows do not slow the relay
    "ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000)",
    f"""CREATE TABLE event_log (
        seq bigint NOT NULL,
        {_OUTBOX_COLUMNS},
        recorded_at timestamptz NOT NULL DEFAULT now()
    ) PARTITION BY RANGE (recorded_at)""",
    "CREATE TABLE event_log_default PARTITION OF event_log DEFAULT",
    # operators ask by referral and key
    "CREATE INDEX event_log_by_key ON event_log (key, seq)",
    "CREATE INDEX event_log_by_referral ON event_log (referral_id, seq) WHERE referral_id IS NOT NULL",
    "CREATE INDEX event_log_by_shard ON event_log (shard, seq)",
    # an event's time never changes between deliveries, so it can be part of the key that makes it count once
    """CREATE TABLE inbox (
        consumer_group text NOT NULL,
        event_id uuid NOT NULL,
        event_time timestamptz NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer_group, event_id, event_time)
    ) PARTITION BY RANGE (event_time)""",
    "CREATE TABLE inbox_default PARTITION OF inbox DEFAULT",
    # identity: the event's id, or topic/partition/offset where a record has none: it survives a refilled topic
    """CREATE TABLE dead_letters (
        id uuid PRIMARY KEY,
        consumer_group text NOT NULL,
        identity text NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        record_offset bigint NOT NULL,
        record_timestamp timestamptz NOT NULL,
        key text NOT NULL,
        event_id uuid,
        type text,
        payload bytea NOT NULL,
        headers jsonb NOT NULL,
        error_class text NOT NULL,
        error_code text NOT NULL,
        state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'discarded')),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        settled_at timestamptz,
        settled_by text,
        settled_reason text,
        UNIQUE (consumer_group, identity))""",
    "CREATE INDEX dead_letters_open ON dead_letters (consumer_group, topic, key) WHERE state = 'open'",
    """CREATE TABLE parked (
        consumer_group text NOT NULL,
        identity text NOT NULL,
        position bigint GENERATED ALWAYS AS IDENTITY,
        topic text NOT NULL,
        partition integer NOT NULL,
        record_offset bigint NOT NULL,
        record_timestamp timestamptz NOT NULL,
        key text NOT NULL,
        payload bytea NOT NULL,
        headers jsonb NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer_group, identity))""",
    "CREATE INDEX parked_by_key ON parked (consumer_group, topic, key, position)",
    """CREATE TABLE repairs (
        consumer_group text NOT NULL,
        event_id uuid NOT NULL,
        payload bytea NOT NULL,
        reason text NOT NULL,
        repaired_by text NOT NULL,
        repaired_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer_group, event_id))""",
    # which topics have been sent to, and which of them were found empty since
    "CREATE TABLE topics_sent (topic text PRIMARY KEY, is_emptied boolean NOT NULL DEFAULT false)",
    """CREATE TABLE republications (
        id uuid NOT NULL,
        topic text NOT NULL,
        since timestamptz,
        shard smallint NOT NULL,
        last_seq bigint NOT NULL DEFAULT 0,
        sent bigint NOT NULL DEFAULT 0,
        is_done boolean NOT NULL DEFAULT false,
        requested_by text NOT NULL,
        requested_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (id, shard))""",
    "CREATE INDEX republications_due ON republications (shard) WHERE NOT is_done",
    """CREATE TABLE timers (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        aggregate_id uuid NOT NULL,
        key text NOT NULL,
        due_at timestamptz NOT NULL,
        tracingspancontext text,
        set_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (kind, aggregate_id))""",
    "CREATE INDEX timers_by_due ON timers (due_at)",
    """CREATE TABLE demo_clock (
        id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        offset_seconds double precision NOT NULL)""",
    _PARTITIONS,
    f"SELECT homeward_ensure_partitions({MONTHS_AHEAD})",
)


def step_0001_messaging(op: Operations) -> None:
    """Outbox, event log, inbox, dead letters, parked messages, timers and the demonstration's clock."""
    for statement in _UP:
        op.execute(statement)


def drop_0001_messaging(op: Operations) -> None:
    """Take the messaging tables away again."""
    op.execute("DROP FUNCTION homeward_ensure_partitions(integer)")
    for table in (
        "demo_clock",
        "timers",
        "republications",
        "topics_sent",
        "repairs",
        "parked",
        "dead_letters",
        "inbox",
        "event_log",
        "outbox",
    ):
        op.execute(f"DROP TABLE {table}")
