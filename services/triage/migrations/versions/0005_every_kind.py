"""Who takes part in a decision about a referral that does not come from a ward."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# the roles of architecture.md, section 3: who must have looked at the person before anything is decided
_QUORUMS = {
    # the matron's assessment, then one more of the team
    "proactive_care": (
        '[["community_matron"], ["nurse", "occupational_therapist", "physiotherapist", "social_worker", "pharmacist"]]'
    ),
    # within hours: whoever of the team is there first decides
    "admission_avoidance": '[["nurse", "community_matron", "occupational_therapist", "physiotherapist"]]',
    # the homes' own team
    "care_home": '[["nurse", "community_matron"], ["pharmacist"]]',
}


def upgrade() -> None:
    for kind, quorum in _QUORUMS.items():
        for pathway in range(4):
            op.execute(f"INSERT INTO kind_policy (kind, pathway, quorum) VALUES ('{kind}', {pathway}, '{quorum}')")  # noqa: S608 — our own words


def downgrade() -> None:
    op.execute("DELETE FROM kind_policy WHERE kind <> 'hospital_discharge'")
