"""Acceptance rules in words: what each looks for, since when it counts, who left it so, and what a change changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from . import dates, words
from .differences import Difference

Json = Mapping[str, Any]  # Any: JSON of the intake API

EFFECTS = {
    "query": "Ask the ward for what is missing",
    "decline": "Decline, with the reason",
    "warn": "Look twice",
}
TESTS = {
    "outside_area": "The person lives outside an area",
    "outside_ages": "The person is younger or older",
    "hospital_not_served": "The hospital is not one we work with",
    "missing": "Something is missing from the referral",
}
REASONS = ("not_eligible", "out_of_area", "insufficient_information", "duplicate")
ON_PAPER = frozenset({"medication_support", "therapy_report", "safeguarding"})  # only a person sees these missing
DONE = {
    "made": "The rule is made. It counts from its first day.",
    "changed": "The rule is changed. The version before is kept.",
    "restored": "The earlier version counts again.",
}


@dataclass(frozen=True)
class RuleView:
    """A version of a rule."""

    code: str
    version: int
    sentence: str
    effect: str
    kinds: str
    looks_for: str
    counts: str
    is_in_force: bool
    changed: str


def rule_view(rule: Json, names: Mapping[UUID, str], now: datetime) -> RuleView:
    """The rule in words."""
    changed_at = dates.moment(datetime.fromisoformat(rule["changed_at"]), now)
    return RuleView(
        code=rule["code"],
        version=rule["version"],
        sentence=rule["sentence"],
        effect=effect(rule),
        kinds=kinds(rule),
        looks_for=looks_for(rule["condition"]),
        counts=counts(rule, dates.london_day(now)),
        is_in_force=_is_in_force(rule, dates.london_day(now)),
        changed=f"{changed_at} by {_who(rule['changed_by'], names)}",
    )


def differences(before: Json | None, after: Json, now: datetime) -> Sequence[Difference]:
    """Line by line; a rule that is new has nothing before."""
    today = dates.london_day(now)
    lines: Mapping[str, Callable[[Json], str]] = {
        "What the coordinator reads": lambda rule: rule["sentence"],
        "What it suggests": effect,
        "Kinds of referral": kinds,
        "When it applies": lambda rule: looks_for(rule["condition"]),
        "Counts": lambda rule: counts(rule, today),
    }
    return [Difference(label, of(before) if before else "", of(after)) for label, of in lines.items()]


def effect(rule: Json) -> str:
    """What it suggests, with the reason of a decline."""
    text = EFFECTS[rule["effect"]]
    if not rule.get("reason"):
        return text
    return f"Decline: {words.listed(words.REASONS, [rule['reason']])}"


def kinds(rule: Json) -> str:
    return ", ".join(words.KINDS[kind] for kind in rule["kinds"]) or "Every kind"


def looks_for(condition: Json) -> str:
    """The condition as a sentence."""
    if condition["test"] == "outside_area":
        districts, practices = condition["outward_postcodes"], condition["gp_practices"]
        lives = f"lives outside {', '.join(districts)}" if districts else ""
        registered = f"is registered with none of the practices {', '.join(practices)}" if practices else ""
        return f"The person {' and '.join(filter(None, [lives, registered])) or 'lives anywhere: it never applies'}"
    if condition["test"] == "outside_ages":
        young, old = condition["youngest"], condition["oldest"]
        ages = [f"younger than {young}" if young is not None else "", f"older than {old}" if old is not None else ""]
        return f"The person is {' or '.join(filter(None, ages)) or 'of any age: it never applies'}"
    if condition["test"] == "hospital_not_served":
        return f"The hospital is none of {', '.join(condition['hospitals'])}"
    return f"One of these is missing: {words.listed(words.MISSING, list(condition['fields']))}"


def counts(rule: Json, today: date) -> str:
    """Since when, and until when."""
    begins = date.fromisoformat(rule["valid_from"])
    ends = date.fromisoformat(rule["valid_to"]) if rule.get("valid_to") else None
    if ends is not None and ends < today:
        return f"Ended on {dates.day(ends, today)}"
    since = f"{'Since' if begins <= today else 'From'} {dates.day(begins, today)}"
    return f"{since} until {dates.day(ends, today)}" if ends else since


def changers(rules: Sequence[Json]) -> list[UUID]:
    """The staff who left these so."""
    actors = (str(rule["changed_by"]) for rule in rules)
    return [UUID(actor.partition("/")[2]) for actor in actors if actor.startswith("staff/")]


def preview(found: Json | None) -> str:
    """What the change would do, in a sentence; nothing where that is not known now."""
    if not found or not found["looked_at"]:
        return ""
    of = f"Of the {found['looked_at']} referrals that were worked on last"
    then = f"{of}, this rule would apply to {found['after']}."
    if not found["newly"] and not found["no_longer"]:
        return f"{then} The rule as it is now applies to the same ones." if found["before"] else then
    return f"{then} To {found['newly']} it does not apply now; {found['no_longer']} it would no longer find."


def _is_in_force(rule: Json, today: date) -> bool:
    ends = rule.get("valid_to")
    return date.fromisoformat(rule["valid_from"]) <= today and (not ends or today <= date.fromisoformat(ends))


def _who(actor: str, names: Mapping[UUID, str]) -> str:
    kind, _, identifier = actor.partition("/")
    return names.get(UUID(identifier), "a colleague") if kind == "staff" else "the installation"
