"""Subscriptions of ward systems, how their targets do, and the messages to them."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE subscriptions (
        subscription_id uuid PRIMARY KEY,
        organisation text NOT NULL,
        url text NOT NULL,
        event_types text[] NOT NULL,
        secret text NOT NULL,
        previous_secret text,
        previous_until timestamptz,
        state text NOT NULL CHECK (state IN ('active', 'paused', 'disabled', 'deleted')),
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        created_by text NOT NULL)""",
    "CREATE INDEX subscriptions_of_organisation ON subscriptions (organisation, subscription_id)",
    # how the target does: the worker's, changed without a new version
    """CREATE TABLE subscription_health (
        subscription_id uuid PRIMARY KEY REFERENCES subscriptions ON DELETE CASCADE,
        failures integer NOT NULL DEFAULT 0,
        failing_since timestamptz,
        next_try_at timestamptz,
        last_error text)""",
    # No foreign key: a message must never make a referral's transaction wait or fail.
    """CREATE TABLE deliveries (
        delivery_id uuid PRIMARY KEY,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        subscription_id uuid NOT NULL,
        referral_id uuid,
        type text NOT NULL,
        body text NOT NULL,
        state text NOT NULL CHECK (state IN ('pending', 'delivered', 'dead', 'dropped')),
        created_at timestamptz NOT NULL,
        counted_from timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        due_at timestamptz NOT NULL,
        last_attempt_at timestamptz,
        last_status integer,
        last_error text,
        settled_at timestamptz)""",
    "CREATE INDEX deliveries_of_subscription ON deliveries (subscription_id, seq)",
    "CREATE INDEX deliveries_due ON deliveries (subscription_id, due_at) WHERE state = 'pending'",
    "CREATE INDEX deliveries_of_referral ON deliveries (referral_id, seq) WHERE state = 'pending'",
    "CREATE INDEX deliveries_waiting ON deliveries (subscription_id, seq) WHERE state = 'pending'",
    "CREATE INDEX deliveries_dead ON deliveries (subscription_id) WHERE state = 'dead'",
    "CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL",
)
_DOWN = (
    "DROP TABLE deliveries",
    "DROP TABLE subscription_health",
    "DROP TABLE subscriptions",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
