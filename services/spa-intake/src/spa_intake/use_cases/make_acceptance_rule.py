"""Make a new acceptance rule."""

from homeward_kit import audit
from homeward_kit.database import Tx
from spa_intake.adapters.db import acceptance_rules
from spa_intake.adapters.db.acceptance_rules import KeptRule
from spa_intake.domain.acceptance_rules import Rule
from spa_intake.domain.errors import RuleExists


async def make_acceptance_rule(tx: Tx, rule: Rule) -> KeptRule:
    """Refuses with RuleExists."""
    await acceptance_rules.lock(tx, rule.code)
    if await acceptance_rules.versions(tx, rule.code):
        raise RuleExists
    kept = await acceptance_rules.add_version(tx, rule, 1)
    await audit.record(tx, "make_acceptance_rule", f"acceptance-rule/{rule.code}/{kept.version}")
    return kept
