"""The tables of triage, as its migrations make them."""

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

referral_facts = Table(
    "referral_facts",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("patient_key", Uuid),
    Column("kind", Text),
    Column("version", Integer),
    Column("state", Text),
    Column("was_accepted", Boolean),
    Column("accepted_at", DateTime(timezone=True)),
    Column("received_at", DateTime(timezone=True)),
    Column("is_queried_after_acceptance", Boolean),
    Column("missing", ARRAY(Text)),
    Column("answered_version", Integer),
    Column("coded", JSONB(none_as_null=True)),
    Column("criteria_to_reside", ARRAY(Text)),
    Column("expected_discharge_on", Date),
    Column("stay_id", Uuid),
    Column("stop_reason", Text),
)
stay_facts = Table(
    "stay_facts",
    metadata,
    Column("stay_id", Uuid, primary_key=True),
    Column("patient_key", Uuid),
    Column("revision", Integer),
    Column("admitted_at", DateTime(timezone=True)),
    Column("discharged_at", DateTime(timezone=True)),
    Column("is_cancelled", Boolean),
)
person_facts = Table(
    "person_facts",
    metadata,
    Column("patient_key", Uuid, primary_key=True),
    Column("death_recorded_at", DateTime(timezone=True)),
)
package_facts = Table(
    "package_facts",
    metadata,
    Column("package_id", Uuid, primary_key=True),
    Column("referral_id", Uuid),
    Column("patient_key", Uuid),
    Column("version", Integer),
    Column("lines", JSONB),
    Column("handed_back", ARRAY(Uuid)),
    Column("ended_reason", Text),
)
cases = Table(
    "cases",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("referral_id", Uuid),
    Column("patient_key", Uuid),
    Column("kind", Text),
    Column("state", Text),
    Column("version", Integer),
    Column("is_paused", Boolean),
    Column("awaiting_answer_since", Integer),
    Column("target_on", Date),
    Column("is_target_set_here", Boolean),
    Column("overdue_announced_for", Date),
    Column("closed_reason", Text),
)
assessments = Table(
    "assessments",
    metadata,
    Column("assessment_id", Uuid, primary_key=True),
    Column("case_id", Uuid),
    Column("number", Integer),
    Column("role", Text),
    Column("findings", ARRAY(Text)),
    Column("note_id", Uuid),
    Column("by", Text),
    Column("assessed_at", DateTime(timezone=True)),
)
decisions = Table(
    "decisions",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("pathway", SmallInteger),
    Column("suggested_pathway", SmallInteger),
    Column("rules_fired", ARRAY(Text)),
    Column("participants", ARRAY(Text)),
    Column("lines", JSONB),
    Column("differs_reason", Text),
    Column("note_id", Uuid),
    Column("outward_postcode", Text),
    Column("age_band", Text),
    Column("by", Text),
    Column("decided_at", DateTime(timezone=True)),
)
kind_policy = Table(
    "kind_policy",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("pathway", SmallInteger, primary_key=True),
    Column("quorum", JSONB),
)
