"""A line of a package, one service for one person, and the table of its steps."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from care_package.domain.errors import StepNotAllowed
from care_package.domain.facts import LineSpec
from care_package.domain.ids import LineId, OfferId, ProviderId
from care_package.domain.offer import Offer


class LineState(StrEnum):
    BROKERING = "brokering"
    AGREED = "agreed"
    STARTED = "started"
    ENDED = "ended"
    UNFILLED = "unfilled"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What may happen to a line."""

    AGREE = "agree"
    EXHAUST = "exhaust"  # nobody is left to ask
    RESUME = "resume"
    FOLLOW = "follow"  # a newer decision asks for something else
    START = "start"
    FALL_THROUGH = "fall_through"  # the agreed provider does not take it after all
    HAND_BACK = "hand_back"
    END = "end"
    CANCEL = "cancel"


_BROKERING, _UNFILLED, _AGREED, _STARTED = (
    LineState.BROKERING,
    LineState.UNFILLED,
    LineState.AGREED,
    LineState.STARTED,
)
TRANSITIONS: dict[tuple[LineState, Step], LineState] = {
    (_BROKERING, Step.AGREE): LineState.AGREED,
    (_BROKERING, Step.EXHAUST): LineState.UNFILLED,
    (_BROKERING, Step.FOLLOW): LineState.BROKERING,
    (_BROKERING, Step.CANCEL): LineState.CANCELLED,
    (_UNFILLED, Step.RESUME): LineState.BROKERING,
    (_UNFILLED, Step.FOLLOW): LineState.BROKERING,
    (_UNFILLED, Step.CANCEL): LineState.CANCELLED,
    (_AGREED, Step.START): LineState.STARTED,
    (_AGREED, Step.FALL_THROUGH): LineState.BROKERING,
    (_AGREED, Step.CANCEL): LineState.CANCELLED,
    (_STARTED, Step.HAND_BACK): LineState.BROKERING,
    (_STARTED, Step.END): LineState.ENDED,
}

SOUGHT = frozenset({_BROKERING, _UNFILLED})
NOT_STARTED = SOUGHT | {_AGREED}
OPEN = NOT_STARTED | {_STARTED}
LEAST_ADVANCED_FIRST = (_UNFILLED, _BROKERING, _AGREED, _STARTED)


@dataclass(frozen=True, slots=True)
class Line:
    line_id: LineId
    spec: LineSpec  # what is sought, agreed or given
    wanted: LineSpec | None  # what the newest decision asks for; None: it no longer asks for this
    state: LineState = LineState.BROKERING
    round: int = 1
    left_by: ProviderId | None = None  # who gave it up: not asked again in this round
    agreed_offer_id: OfferId | None = None
    agreed_at: datetime | None = None  # first, not when confirmed again: since then it takes a place
    is_confirmed: bool = True  # False after a hold, until the provider of an agreed line confirms again
    started_at: datetime | None = None
    start_on: date | None = None  # when the provider said it would start
    reason: str | None = None  # of the last step that had one
    offers: tuple[Offer, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def open_offers(self) -> tuple[Offer, ...]:
        return tuple(offer for offer in self.offers if offer.is_open)

    @property
    def agreed_offer(self) -> Offer | None:
        return next((offer for offer in self.offers if offer.offer_id == self.agreed_offer_id), None)

    @property
    def needs_offer(self) -> bool:
        """Somebody is to be asked: a provider to take it, or its own to confirm again."""
        is_waiting = self.state is LineState.BROKERING or self.needs_reconfirmation
        return is_waiting and not self.open_offers

    @property
    def needs_reconfirmation(self) -> bool:
        return self.state is LineState.AGREED and not self.is_confirmed

    @property
    def tried(self) -> frozenset[ProviderId]:
        """Who is not to be asked in this round."""
        refused = {offer.provider_id for offer in self.offers if offer.round == self.round and offer.was_refused}
        return frozenset(refused | ({self.left_by} if self.left_by else set()))

    @property
    def question(self) -> str | None:
        """What the broker is asked about an agreed or started line after a newer decision."""
        if self.state not in {_AGREED, _STARTED} or self.wanted == self.spec:
            return None
        return "no_longer_decided" if self.wanted is None else "decided_differently"

    def takes(self, step: Step, reason: str | None = None) -> "Line":
        """The line after a step of the table; raises StepNotAllowed for any other."""
        state = TRANSITIONS.get((self.state, step))
        if state is None:
            raise StepNotAllowed(state=self.state.value)
        return replace(self, state=state, reason=reason)

    def brokered_again(self, step: Step, reason: str) -> "Line":
        """In a new round, by the newest decision, without the provider that had it."""
        held_by = self.agreed_offer
        return replace(
            self.takes(step, reason),
            spec=self.wanted or self.spec,
            round=self.round + 1,
            left_by=held_by.provider_id if held_by else None,
            agreed_offer_id=None,
            agreed_at=None,
            is_confirmed=True,
            started_at=None,
            start_on=None,
        )

    def with_offer(self, offer: Offer) -> "Line":
        """The offer added, or put in the place of its older self."""
        if all(known.offer_id != offer.offer_id for known in self.offers):
            return replace(self, offers=(*self.offers, offer))
        return replace(
            self, offers=tuple(offer if known.offer_id == offer.offer_id else known for known in self.offers)
        )
