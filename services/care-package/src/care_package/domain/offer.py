"""An offer of a line to a provider, and the table of what may become of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from care_package.domain.errors import OfferNotOpen
from care_package.domain.ids import LineId, OfferId, ProviderId


class OfferState(StrEnum):
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


TRANSITIONS: dict[OfferState, frozenset[OfferState]] = {
    OfferState.SENT: frozenset({OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED, OfferState.WITHDRAWN}),
}


@dataclass(frozen=True, slots=True)
class Offer:
    offer_id: OfferId
    line_id: LineId
    provider_id: ProviderId
    round: int  # a line brokered again starts a new round, in which everyone may be asked again
    wave: int
    sent_at: datetime
    respond_by: datetime
    because: tuple[str, ...] = ()  # why this provider, coded
    is_reconfirmation: bool = False
    state: OfferState = OfferState.SENT
    answered_at: datetime | None = None
    reason: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state is OfferState.SENT

    @property
    def was_refused(self) -> bool:
        """The provider said no, or nothing; a withdrawn offer was no answer of theirs."""
        return self.state in {OfferState.DECLINED, OfferState.EXPIRED}

    def becomes(self, state: OfferState, at: datetime, reason: str | None = None) -> "Offer":
        """The offer after a step of the table; raises OfferNotOpen for any other."""
        if state not in TRANSITIONS.get(self.state, frozenset()):
            raise OfferNotOpen(state=self.state.value)
        return replace(self, state=state, answered_at=at, reason=reason)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered."""

    at: datetime
    start_on: date | None = None
    reason: str | None = None
