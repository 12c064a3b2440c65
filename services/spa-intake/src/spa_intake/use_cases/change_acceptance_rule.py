"""Change an acceptance rule; as it was, it is kept as an older version."""

from collections.abc import Callable

from homeward_kit import audit
from homeward_kit.database import Tx
from spa_intake.adapters.db import acceptance_rules
from spa_intake.adapters.db.acceptance_rules import KeptRule
from spa_intake.domain.acceptance_rules import Rule
from spa_intake.domain.errors import RuleNotFound


async def change_acceptance_rule(tx: Tx, rule: Rule, check_version: Callable[[int], None]) -> KeptRule:
    """A change that changes nothing adds no version. Refuses with RuleNotFound."""
    await acceptance_rules.lock(tx, rule.code)
    known = await acceptance_rules.versions(tx, rule.code)
    if not known:
        raise RuleNotFound
    kept = known[0]
    check_version(kept.version)
    if kept.rule != rule:
        kept = await acceptance_rules.add_version(tx, rule, kept.version + 1)
    await audit.record(tx, "change_acceptance_rule", f"acceptance-rule/{rule.code}/{kept.version}")
    return kept
