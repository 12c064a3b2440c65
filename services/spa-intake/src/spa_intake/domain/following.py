"""What a hospital's news does to a referral: it follows its stay, its person's address, and their death."""

from collections.abc import Sequence
from datetime import datetime

from .codes import CloseReason
from .linking import link
from .person import Person, with_person
from .policy import Policy
from .referral import Change, Referral, decide
from .referral_commands import Amend, Close
from .stay_history import Stay


def follow(referral: Referral, person: Person, stays: Sequence[Stay], policy: Policy, now: datetime) -> list[Change]:
    """Linked to its stay; while it is live, with the address as now known, and closed on death."""
    changes = link(referral, stays, policy.link_window, now)
    latest = changes[-1].referral if changes else referral
    if not latest.is_live:
        return changes
    facts = with_person(latest.facts, person, latest.received_at.date())
    if facts != latest.facts:
        changes.append(decide(latest, Amend(facts), now))
        latest = changes[-1].referral
    if person.has_died:
        changes.append(decide(latest, Close(CloseReason.DIED), now))
    return changes
