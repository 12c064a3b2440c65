"""The rule that asks for the ward of a discharge that came without one, by whichever door."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_UP = """
INSERT INTO acceptance_rules (code, version, sentence, effect, reason, kinds, condition, valid_from, changed_at,
    changed_by)
VALUES ('ward_known', 1, 'Nobody has said which ward the person is on.', 'query', NULL, '{hospital_discharge}',
    '{"test": "missing", "fields": ["ward"]}', DATE '2026-01-01', now(), 'migration')
"""


def upgrade() -> None:
    op.execute(_UP)


def downgrade() -> None:
    op.execute("DELETE FROM acceptance_rules WHERE code = 'ward_known'")
