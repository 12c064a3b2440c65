"""Which referrals may stand beside each other: what blocks a new one, and what a newly accepted one ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .codes import CloseReason
from .errors import PersonAlreadyReferred, PersonHasDied
from .kinds import POLICIES
from .referral import Change, Happened, Referral, ReferralFact, decide
from .referral_commands import Accept, Close


@dataclass(frozen=True)
class Standing:
    """A referral of a person and whether its stay has ended (None: still in hospital, or not known)."""

    referral: Referral
    left_at: datetime | None


def receive(new: Referral, standing: Iterable[Standing], *, has_died: bool) -> Change:
    """Let a new referral in, or refuse: the dead are not referred, nor a person twice for one thing."""
    if has_died:
        raise PersonHasDied
    for other in standing:
        if blocks(other, new):
            raise PersonAlreadyReferred(referral_id=str(other.referral.referral_id))
    return Change(new, Happened(ReferralFact.RECEIVED))


def blocks(other: Standing, new: Referral) -> bool:
    """One live referral per person and kind, until the person has left hospital.

    A referral from another hospital is itself the sign of a transfer and is let in. The kinds that are not about a
    stay know no transfer: whoever else refers the person is told of the referral that is there.
    """
    is_transfer = POLICIES[new.kind].is_from_hospital and other.referral.facts.hospital != new.facts.hospital
    return other.referral.is_live and other.referral.kind is new.kind and other.left_at is None and not is_transfer


def superseded_by(accepted: Referral, others: Iterable[Referral]) -> list[Referral]:
    """The older live referrals of the same kind, which end when a newer one is accepted."""
    return [
        other
        for other in others
        if other.is_live
        and other.kind is accepted.kind
        and other.referral_id != accepted.referral_id
        and (other.received_at, other.referral_id) < (accepted.received_at, accepted.referral_id)
    ]


def accept(referral: Referral, others: Iterable[Referral], now: datetime, *, has_died: bool) -> list[Change]:
    """The acceptance, and after it the closing of every referral that it supersedes."""
    accepted = decide(referral, Accept(has_died=has_died), now)
    older = superseded_by(accepted.referral, others)
    return [accepted, *(decide(one, Close(CloseReason.SUPERSEDED), now) for one in older)]
