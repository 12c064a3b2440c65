"""Who has the next move with a referral, as the ward that sent it is told."""

from dataclasses import dataclass
from enum import StrEnum

from .referral import ReferralState


class NextMove(StrEnum):
    WARD = "ward"
    COORDINATOR = "coordinator"
    MDT = "mdt"
    BROKER = "broker"
    PROVIDER = "provider"
    FOLLOW_UP = "follow_up"  # the team that follows up for thirty days
    NOBODY = "nobody"


@dataclass(frozen=True)
class Standing:
    """What is known of the journey; None: not there yet."""

    state: ReferralState
    is_ready: bool
    has_left: bool
    is_returned: bool = False
    case_state: str | None = None
    package_state: str | None = None
    is_back_in_hospital: bool = False
    is_about_a_stay: bool = True  # else nobody waits for a discharge, and a coordinator closes it


_BY_PACKAGE = {
    "brokering": NextMove.PROVIDER,
    "unfilled": NextMove.BROKER,
    "cancelled": NextMove.BROKER,
    "agreed": NextMove.PROVIDER,  # to start the care, once the person has left
}


def next_move(standing: Standing) -> NextMove:
    """One answer for every referral, whatever the other services have said so far."""
    if standing.state is ReferralState.RECEIVED:
        return NextMove.COORDINATOR
    if standing.state is ReferralState.QUERIED:
        return NextMove.WARD
    if standing.state is not ReferralState.ACCEPTED:
        return NextMove.NOBODY
    return _accepted(standing)


def _accepted(standing: Standing) -> NextMove:
    if standing.is_returned or standing.is_back_in_hospital:
        return NextMove.WARD
    has_left = standing.has_left or not standing.is_about_a_stay
    if not has_left and not standing.is_ready:
        return NextMove.WARD  # to say when the person is ready
    if standing.case_state in {None, "open", "assessing"}:
        return NextMove.MDT
    if standing.package_state in {"brokering", "unfilled", "cancelled"}:
        return _BY_PACKAGE[standing.package_state]
    if not has_left:
        return NextMove.WARD  # all is arranged: the ward discharges the person
    afterwards = NextMove.FOLLOW_UP if standing.is_about_a_stay else NextMove.COORDINATOR
    return _BY_PACKAGE.get(standing.package_state or "", afterwards)
