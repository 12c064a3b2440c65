"""The life of a referral: its states, the one table of transitions, and the pure function that moves it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from .codes import Advice, Kind, ReadinessReason, Source
from .errors import ReferralAlreadyAccepted, ReferralHasEnded, ReferralNotQueried, ReferralWaitsForAnswer
from .ids import NoteId, PatientKey, ReferralId, StayId
from .inputs import ReferralFacts


class ReferralState(StrEnum):
    RECEIVED = "received"
    QUERIED = "queried"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class ReferralFact(StrEnum):
    """What can happen to a referral; each is an event of the same name."""

    RECEIVED = "received"
    AMENDED = "amended"
    QUERIED = "queried"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    READINESS_CHANGED = "readiness_changed"
    STAY_LINKED = "stay_linked"
    STAY_UNLINKED = "stay_unlinked"
    ASSIGNED = "assigned"
    NOTED = "noted"
    CLOSED = "closed"


LIVE = frozenset({ReferralState.RECEIVED, ReferralState.QUERIED, ReferralState.ACCEPTED})
ANY = frozenset(ReferralState)


class Action(StrEnum):
    """What can be asked of a referral; the commands are in `referral_commands`."""

    ACCEPT = "accept"
    DECLINE = "decline"
    QUERY = "query"
    ANSWER = "answer"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    ASSIGN = "assign"
    CHANGE_READINESS = "change_readiness"
    NOTE = "note"
    LINK_STAY = "link_stay"
    UNLINK_STAY = "unlink_stay"


class Onward(StrEnum):
    """Where a transition leads when it names no state."""

    STAY = "stay"  # the state does not change
    BACK = "back"  # to where it was queried from


@dataclass(frozen=True)
class Step:
    """A row of the table of transitions."""

    allowed_from: frozenset[ReferralState]
    to: ReferralState | Onward
    fact: ReferralFact


_S = ReferralState
TRANSITIONS: dict[Action, Step] = {
    Action.ACCEPT: Step(frozenset({_S.RECEIVED}), _S.ACCEPTED, ReferralFact.ACCEPTED),
    Action.DECLINE: Step(frozenset({_S.RECEIVED, _S.QUERIED}), _S.DECLINED, ReferralFact.DECLINED),
    Action.QUERY: Step(LIVE, _S.QUERIED, ReferralFact.QUERIED),
    Action.ANSWER: Step(frozenset({_S.QUERIED}), Onward.BACK, ReferralFact.ANSWERED),
    Action.AMEND: Step(LIVE, Onward.STAY, ReferralFact.AMENDED),
    Action.WITHDRAW: Step(LIVE, _S.WITHDRAWN, ReferralFact.WITHDRAWN),
    Action.CLOSE: Step(LIVE, _S.CLOSED, ReferralFact.CLOSED),
    Action.ASSIGN: Step(LIVE, Onward.STAY, ReferralFact.ASSIGNED),
    Action.CHANGE_READINESS: Step(LIVE, Onward.STAY, ReferralFact.READINESS_CHANGED),
    # facts of the person's stay and notes reach an ended referral too: the watch is computed from them
    Action.NOTE: Step(ANY, Onward.STAY, ReferralFact.NOTED),
    Action.LINK_STAY: Step(ANY, Onward.STAY, ReferralFact.STAY_LINKED),
    Action.UNLINK_STAY: Step(ANY, Onward.STAY, ReferralFact.STAY_UNLINKED),
}
NAMED_FACTS = frozenset({ReferralFact.RECEIVED})  # facts without a transition: the birth of a referral


@dataclass(frozen=True)
class Referral:
    """One referral. `version` rises by one with each fact; `accepted_at` stays set once it was accepted."""

    referral_id: ReferralId
    patient_key: PatientKey
    kind: Kind
    source: Source
    state: ReferralState
    version: int
    facts: ReferralFacts
    received_at: datetime
    visit_number: str | None = None
    queried_from: ReferralState | None = None
    missing: tuple[str, ...] = ()
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    ended_reason: str | None = None
    redirected_to: str | None = None
    advice: tuple[Advice, ...] = ()
    stay_id: StayId | None = None
    assignee: UUID | None = None

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def was_accepted(self) -> bool:
        return self.accepted_at is not None


@dataclass(frozen=True)
class Happened:
    """A fact about a referral, with what the referral itself does not hold afterwards."""

    fact: ReferralFact
    stay_id: StayId | None = None
    note_id: NoteId | None = None
    readiness_reason: ReadinessReason | None = None


@dataclass(frozen=True)
class Change:
    """The referral afterwards and what happened; None: a repeat that changed nothing."""

    referral: Referral
    happened: Happened | None


class Command:
    """What is asked of a referral. `check` raises a refusal; `effect` sets all but state and version."""

    action: ClassVar[Action]

    def is_repeat(self, _referral: Referral) -> bool:
        """True where the referral is already as asked."""
        return False

    def check(self, _referral: Referral) -> None:
        """Raise the refusal of a rule beyond the table of transitions."""

    def effect(self, referral: Referral, _now: datetime) -> Referral:
        return referral

    def happened(self, _referral: Referral, fact: ReferralFact) -> Happened:
        return Happened(fact)


def decide(referral: Referral, command: Command, now: datetime) -> Change:
    """Move a referral, or raise the named refusal; a repeat is accepted silently.

    `now` is aware UTC. Source of the rules: architecture.md, section 7.
    """
    if command.is_repeat(referral):
        return Change(referral, None)
    step = TRANSITIONS[command.action]
    if referral.state not in step.allowed_from:
        raise _refusal(referral, command)
    command.check(referral)
    after = command.effect(referral, now)
    state = _state_after(referral, step)
    return Change(replace(after, state=state, version=referral.version + 1), command.happened(referral, step.fact))


def _state_after(referral: Referral, step: Step) -> ReferralState:
    if step.to is Onward.STAY:
        return referral.state
    if step.to is Onward.BACK:
        return referral.queried_from or ReferralState.RECEIVED
    return ReferralState(step.to)


def _refusal(referral: Referral, command: Command) -> Exception:
    if not referral.is_live:
        return ReferralHasEnded(state=referral.state.value)
    if command.action is Action.ANSWER:
        return ReferralNotQueried()
    if referral.state is ReferralState.QUERIED:
        return ReferralWaitsForAnswer()
    return ReferralAlreadyAccepted()
