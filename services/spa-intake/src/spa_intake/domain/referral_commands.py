"""What can be asked of a referral: one small class for each action of the table of transitions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from .acceptance_rules import still_missing
from .codes import Advice, CloseReason, Criterion, DeclineReason, ReadinessReason, WithdrawReason
from .errors import NothingAskedFor, PersonHasDied, RedirectNeedsService, ReferralNeverAccepted
from .ids import NoteId, StayId
from .inputs import ReferralFacts
from .referral import Action, Command, Happened, Referral, ReferralFact, ReferralState

CLOSES_ANY_LIVE = frozenset({CloseReason.DIED, CloseReason.SUPERSEDED})


@dataclass(frozen=True)
class Accept(Command):
    """Death is checked again: it may have come in since the referral was received."""

    action: ClassVar[Action] = Action.ACCEPT
    has_died: bool

    def is_repeat(self, referral: Referral) -> bool:
        return referral.state is ReferralState.ACCEPTED

    def check(self, _referral: Referral) -> None:
        if self.has_died:
            raise PersonHasDied

    def effect(self, referral: Referral, now: datetime) -> Referral:
        return replace(referral, accepted_at=now)


@dataclass(frozen=True)
class Decline(Command):
    action: ClassVar[Action] = Action.DECLINE
    reason: DeclineReason
    redirected_to: str | None = None
    advice: tuple[Advice, ...] = ()

    def is_repeat(self, referral: Referral) -> bool:
        return referral.state is ReferralState.DECLINED

    def check(self, _referral: Referral) -> None:
        if (self.reason is DeclineReason.REDIRECTED) != (self.redirected_to is not None):
            raise RedirectNeedsService

    def effect(self, referral: Referral, now: datetime) -> Referral:
        return replace(
            referral,
            ended_at=now,
            ended_reason=self.reason.value,
            redirected_to=self.redirected_to,
            advice=self.advice,
        )


@dataclass(frozen=True)
class Query(Command):
    """Ask the ward for what is missing; asked again before it answers, what is asked for adds up."""

    action: ClassVar[Action] = Action.QUERY
    missing: tuple[str, ...]

    def is_repeat(self, referral: Referral) -> bool:
        return (
            bool(self.missing)
            and referral.state is ReferralState.QUERIED
            and set(self.missing) <= set(referral.missing)
        )

    def check(self, _referral: Referral) -> None:
        if not self.missing:
            raise NothingAskedFor

    def effect(self, referral: Referral, _now: datetime) -> Referral:
        started_from = referral.queried_from or referral.state
        open_questions = referral.missing if referral.state is ReferralState.QUERIED else ()
        missing = tuple(dict.fromkeys((*open_questions, *self.missing)))
        return replace(referral, queried_from=started_from, missing=missing)


@dataclass(frozen=True)
class Answer(Command):
    """The ward's answer; the referral goes back to where it was queried from, with what it still lacks."""

    action: ClassVar[Action] = Action.ANSWER
    facts: ReferralFacts

    def effect(self, referral: Referral, _now: datetime) -> Referral:
        missing = still_missing(referral.missing, self.facts)
        return replace(referral, facts=self.facts, queried_from=None, missing=missing)


@dataclass(frozen=True)
class Amend(Command):
    action: ClassVar[Action] = Action.AMEND
    facts: ReferralFacts
    is_rewritten: bool = False  # contacts or words changed too

    def is_repeat(self, referral: Referral) -> bool:
        return self.facts == referral.facts and not self.is_rewritten

    def effect(self, referral: Referral, _now: datetime) -> Referral:
        is_asked = referral.state is ReferralState.QUERIED  # then the answer says what is done with
        missing = referral.missing if is_asked else still_missing(referral.missing, self.facts)
        return replace(referral, facts=self.facts, missing=missing)


@dataclass(frozen=True)
class Withdraw(Command):
    action: ClassVar[Action] = Action.WITHDRAW
    reason: WithdrawReason

    def is_repeat(self, referral: Referral) -> bool:
        return referral.state is ReferralState.WITHDRAWN

    def effect(self, referral: Referral, now: datetime) -> Referral:
        return replace(referral, ended_at=now, ended_reason=self.reason.value)


@dataclass(frozen=True)
class Close(Command):
    """Death and a newer accepted referral close any live one; everything else one that was ever accepted."""

    action: ClassVar[Action] = Action.CLOSE
    reason: CloseReason

    def is_repeat(self, referral: Referral) -> bool:
        return referral.state is ReferralState.CLOSED

    def check(self, referral: Referral) -> None:
        if self.reason not in CLOSES_ANY_LIVE and not referral.was_accepted:
            raise ReferralNeverAccepted

    def effect(self, referral: Referral, now: datetime) -> Referral:
        return replace(referral, ended_at=now, ended_reason=self.reason.value)


@dataclass(frozen=True)
class Assign(Command):
    action: ClassVar[Action] = Action.ASSIGN
    assignee: UUID | None

    def is_repeat(self, referral: Referral) -> bool:
        return self.assignee == referral.assignee

    def effect(self, referral: Referral, _now: datetime) -> Referral:
        return replace(referral, assignee=self.assignee)


@dataclass(frozen=True)
class ChangeReadiness(Command):
    """The criteria to reside that are met now, by the newest assessment and the clock.

    An assessment older than the newest is kept in the series but is not what counts. `since` names what began before
    that assessment.
    """

    action: ClassVar[Action] = Action.CHANGE_READINESS
    criteria: tuple[Criterion, ...]
    assessed_at: datetime
    since: Mapping[Criterion, datetime] = field(default_factory=dict)
    reason: ReadinessReason = ReadinessReason.ASSESSED

    def is_repeat(self, referral: Referral) -> bool:
        facts = referral.facts
        newest = facts.criteria_assessed_at
        if newest is None or self.assessed_at > newest:
            return False
        is_same = set(self.criteria) == set(facts.criteria_to_reside) and self.since == facts.criteria_since
        return self.assessed_at < newest or is_same

    def effect(self, referral: Referral, _now: datetime) -> Referral:
        facts = replace(
            referral.facts,
            criteria_to_reside=self.criteria,
            criteria_assessed_at=self.assessed_at,
            criteria_since=self.since,
        )
        return replace(referral, facts=facts)

    def happened(self, _referral: Referral, fact: ReferralFact) -> Happened:
        return Happened(fact, readiness_reason=self.reason)


@dataclass(frozen=True)
class Note(Command):
    """A note was written about the referral; its text is not part of it."""

    action: ClassVar[Action] = Action.NOTE
    note_id: NoteId

    def happened(self, _referral: Referral, fact: ReferralFact) -> Happened:
        return Happened(fact, note_id=self.note_id)


@dataclass(frozen=True)
class LinkStay(Command):
    action: ClassVar[Action] = Action.LINK_STAY
    stay_id: StayId

    def is_repeat(self, referral: Referral) -> bool:
        return referral.stay_id == self.stay_id

    def effect(self, referral: Referral, _now: datetime) -> Referral:
        return replace(referral, stay_id=self.stay_id)

    def happened(self, _referral: Referral, fact: ReferralFact) -> Happened:
        return Happened(fact, stay_id=self.stay_id)


@dataclass(frozen=True)
class UnlinkStay(Command):
    action: ClassVar[Action] = Action.UNLINK_STAY

    def is_repeat(self, referral: Referral) -> bool:
        return referral.stay_id is None

    def effect(self, referral: Referral, _now: datetime) -> Referral:
        return replace(referral, stay_id=None)

    def happened(self, referral: Referral, fact: ReferralFact) -> Happened:
        return Happened(fact, stay_id=referral.stay_id)
