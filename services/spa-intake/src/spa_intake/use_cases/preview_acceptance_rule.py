"""Show what a rule would have found about the referrals worked on last, before anybody puts it in force."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from homeward_kit import audit
from homeward_kit.callers import Caller
from homeward_kit.database import Tx
from homeward_kit.values import LONDON
from spa_intake.adapters.db import acceptance_rules, referral_views
from spa_intake.domain.acceptance_rules import Candidate, Rule, evaluate

LOOKED_AT = 200


@dataclass(frozen=True)
class Preview:
    """How many referrals were looked at, and about how many each finds something: with their facts as they are now."""

    looked_at: int
    before: int  # the rule as it is in force
    after: int  # as it would be
    newly: int  # found only as it would be
    no_longer: int  # found only as it is


async def preview_acceptance_rule(tx: Tx, rule: Rule, caller: Caller) -> Preview:
    """Changes nothing. The rule's own days are not looked at: it is tried as if it counted today."""
    today = tx.now.astimezone(LONDON).date()
    versions = await acceptance_rules.versions(tx, rule.code)
    in_force = [versions[0].rule] if versions else []
    candidates = [view.candidate for view in await referral_views.last_changed(tx, LOOKED_AT)]
    before = _found(in_force, candidates, today)
    after = _found([replace(rule, valid_from=today, valid_to=None)], candidates, today)
    await audit.record(tx, "preview_acceptance_rule", f"acceptance-rule/{rule.code}", caller=caller)
    return Preview(len(candidates), len(before), len(after), len(after - before), len(before - after))


def _found(rules: Sequence[Rule], candidates: Sequence[Candidate], on: date) -> set[int]:
    return {place for place, candidate in enumerate(candidates) if evaluate(rules, candidate, on)}
