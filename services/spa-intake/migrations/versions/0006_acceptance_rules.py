"""Acceptance rules as data with Bromley's first set; since when a criterion is met; advice beside a decline."""

import json

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UP = (
    # when the operation or procedure behind a criterion was, as far as an assessment says
    "ALTER TABLE readiness ADD COLUMN criteria_since jsonb NOT NULL DEFAULT '{}'",
    "ALTER TABLE referrals ADD COLUMN advice text[] NOT NULL DEFAULT '{}'",
    # a change adds a version; the highest of a code counts
    """CREATE TABLE acceptance_rules (
        code text NOT NULL,
        version integer NOT NULL,
        sentence text NOT NULL,
        effect text NOT NULL CHECK (effect IN ('query', 'decline', 'warn')),
        reason text,
        kinds text[] NOT NULL,
        condition jsonb NOT NULL,
        valid_from date NOT NULL,
        valid_to date,
        changed_at timestamptz NOT NULL,
        changed_by text NOT NULL,
        PRIMARY KEY (code, version),
        CHECK ((effect = 'decline') = (reason IS NOT NULL)))""",
)
_DOWN = (
    "DROP TABLE acceptance_rules",
    "ALTER TABLE referrals DROP COLUMN advice",
    "ALTER TABLE readiness DROP COLUMN criteria_since",
)
_HOSPITAL_DISCHARGE = ["hospital_discharge"]
_ADULTS = ["hospital_discharge", "proactive_care", "admission_avoidance"]
# Every postcode district of which a part lies in the London Borough of Bromley; a site sets its own over the API.
_BROMLEY = [
    "BR1",
    "BR2",
    "BR3",
    "BR4",
    "BR5",
    "BR6",
    "BR7",
    "BR8",
    "CR6",
    "SE9",
    "SE12",
    "SE19",
    "SE20",
    "SE26",
    "TN14",
    "TN16",
]
_ACUTE = ["RJZ", "RJ1", "RJ2"]  # King's with the Princess Royal, Guy's and St Thomas', Lewisham and Greenwich
_CONTENT = ["expected_discharge_date", "needs", "mobility", "cognition", "living_situation", "existing_care"]
_RULES: tuple[dict[str, object], ...] = (
    {
        "code": "bromley_area",
        "sentence": "The person lives outside the area this service covers.",
        "effect": "decline",
        "reason": "out_of_area",
        "kinds": [],
        "condition": {"test": "outside_area", "outward_postcodes": _BROMLEY, "gp_practices": []},
    },
    {
        "code": "adults",
        "sentence": "This service is for people aged 18 and over.",
        "effect": "decline",
        "reason": "not_eligible",
        "kinds": _ADULTS,
        "condition": {"test": "outside_ages", "youngest": 18, "oldest": None},
    },
    {
        "code": "hospitals_served",
        "sentence": "The hospital is not one of those this service usually works with.",
        "effect": "warn",
        "reason": None,
        "kinds": _HOSPITAL_DISCHARGE,
        "condition": {"test": "hospital_not_served", "hospitals": _ACUTE},
    },
    {
        "code": "discharge_content",
        "sentence": "What the team needs to decide a pathway is incomplete.",
        "effect": "query",
        "reason": None,
        "kinds": _HOSPITAL_DISCHARGE,
        "condition": {"test": "missing", "fields": _CONTENT},
    },
    {
        "code": "criteria_assessed",
        "sentence": "Nobody has said when the criteria to reside were assessed.",
        "effect": "query",
        "reason": None,
        "kinds": _HOSPITAL_DISCHARGE,
        "condition": {"test": "missing", "fields": ["criteria_to_reside"]},
    },
    {
        "code": "contact",
        "sentence": "The person cannot be reached: neither an address nor a phone number is known.",
        "effect": "query",
        "reason": None,
        "kinds": [],
        "condition": {"test": "missing", "fields": ["contact_details"]},
    },
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    add = text(
        "INSERT INTO acceptance_rules (code, version, sentence, effect, reason, kinds, condition, valid_from,"
        " changed_at, changed_by) VALUES (:code, 1, :sentence, :effect, :reason, :kinds, CAST(:condition AS jsonb),"
        " DATE '2026-01-01', now(), 'migration')"
    )
    for rule in _RULES:
        op.get_bind().execute(add, rule | {"condition": json.dumps(rule["condition"])})


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
