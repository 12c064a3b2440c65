"""Which hospital stay a referral is about; a pure function of both, so it does not matter which comes first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from .ids import StayId
from .kinds import POLICIES
from .referral import Change, Referral, decide
from .referral_commands import LinkStay, UnlinkStay
from .stay_history import Stay


def stay_of(referral: Referral, stays: Sequence[Stay], window: timedelta) -> StayId | None:
    """By visit number; else the stay that was open at that hospital when the referral was received; else the last
    that ended within `window` before; else the first that began within `window` after (the ward was quicker
    than the admission's message). Source: architecture.md, section 5.
    """
    if not POLICIES[referral.kind].is_from_hospital:
        return None
    live = sorted(
        (stay for stay in stays if stay.content.hospital == referral.facts.hospital and not stay.content.is_cancelled),
        key=lambda stay: (stay.content.admitted_at, stay.stay_id),
    )
    found = (
        [s for s in live if referral.visit_number and s.content.visit_number == referral.visit_number][-1:]
        or [stay for stay in live if _was_open(stay, referral)][-1:]
        or _ended_before(live, referral, window)[-1:]
        or _began_after(live, referral, window)[:1]
    )
    return found[0].stay_id if found else None


def link(referral: Referral, stays: Sequence[Stay], window: timedelta, now: datetime) -> list[Change]:
    """Unlink it from a stay that is not its own, and link it to the one that is."""
    found = stay_of(referral, stays, window)
    changes: list[Change] = []
    if referral.stay_id is not None and referral.stay_id != found:
        changes.append(decide(referral, UnlinkStay(), now))
    if found is not None and referral.stay_id != found:
        changes.append(decide(changes[-1].referral if changes else referral, LinkStay(found), now))
    return changes


def _was_open(stay: Stay, referral: Referral) -> bool:
    ended = stay.content.discharged_at
    return stay.content.admitted_at <= referral.received_at and (ended is None or ended > referral.received_at)


def _ended_before(stays: Sequence[Stay], referral: Referral, window: timedelta) -> list[Stay]:
    earliest = referral.received_at - window
    ended = [
        stay
        for stay in stays
        if stay.content.discharged_at and earliest <= stay.content.discharged_at <= referral.received_at
    ]
    return sorted(ended, key=lambda stay: (stay.content.discharged_at, stay.stay_id))


def _began_after(stays: Sequence[Stay], referral: Referral, window: timedelta) -> list[Stay]:
    latest = referral.received_at + window
    return [stay for stay in stays if referral.received_at < stay.content.admitted_at <= latest]
