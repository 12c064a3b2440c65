"""A case of the MDT: its states, the one table of transitions, and how an event changes it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from . import events


class CaseState(StrEnum):
    OPEN = "open"
    ASSESSING = "assessing"
    DECIDED = "decided"
    CLOSED = "closed"


@dataclass(frozen=True)
class Case:
    """One case per accepted referral; the version rises with every event."""

    case_id: UUID
    referral_id: UUID
    patient_key: UUID
    kind: str
    state: CaseState = CaseState.OPEN
    version: int = 0
    is_paused: bool = False
    awaiting_answer_since: int | None = None  # version of the referral at which the ward was asked
    target_on: date | None = None
    is_target_set_here: bool = False  # else the date is the ward's and follows it
    overdue_announced_for: date | None = None
    closed_reason: str | None = None
    assessments: tuple[events.Assessment, ...] = ()
    decisions: tuple[events.Decision, ...] = ()

    @property
    def is_closed(self) -> bool:
        return self.state is CaseState.CLOSED

    @property
    def is_returned(self) -> bool:
        """The ward must answer."""
        return self.awaiting_answer_since is not None and not self.is_closed


@dataclass(frozen=True)
class Happened:
    """One event, with the case as it is after it."""

    case: Case
    detail: events.Detail


@dataclass(frozen=True)
class Outcome:
    """A case and what happened to it."""

    case: Case
    happened: tuple[Happened, ...] = ()


# The events that move a case, each from where it may. A case is born open by Opened.
TRANSITIONS: Mapping[tuple[CaseState, type[events.Detail]], CaseState] = {
    (CaseState.OPEN, events.Opened): CaseState.OPEN,
    (CaseState.OPEN, events.AssessmentRecorded): CaseState.ASSESSING,
    (CaseState.OPEN, events.PathwayDecided): CaseState.DECIDED,
    (CaseState.OPEN, events.Closed): CaseState.CLOSED,
    (CaseState.ASSESSING, events.AssessmentRecorded): CaseState.ASSESSING,
    (CaseState.ASSESSING, events.PathwayDecided): CaseState.DECIDED,
    (CaseState.ASSESSING, events.Closed): CaseState.CLOSED,
    (CaseState.DECIDED, events.Reopened): CaseState.ASSESSING,
    (CaseState.DECIDED, events.Closed): CaseState.CLOSED,
}

# The events that tell a fact about a live case and leave its state alone.
NAMED_FACTS: frozenset[type[events.Detail]] = frozenset(
    {events.TargetSet, events.Paused, events.Resumed, events.Returned, events.Overdue}
)


def may(case: Case, event: type[events.Detail]) -> bool:
    """Whether the table lets this event happen to the case."""
    return not case.is_closed if event in NAMED_FACTS else (case.state, event) in TRANSITIONS


def record(case: Case, detail: events.Detail) -> Outcome:
    """Let an event happen: the state moves by the table and the version rises by one.

    Callers ask `may` first and give a named refusal; here a forbidden event is a fault of the program.
    """
    kind = type(detail)
    if not may(case, kind):
        raise ValueError(f"{kind.__name__} cannot happen to a case that is {case.state}")
    state = case.state if kind in NAMED_FACTS else TRANSITIONS[case.state, kind]
    after = replace(case, state=state, version=case.version + 1)
    return Outcome(after, (Happened(after, detail),))


def then(outcome: Outcome, following: Outcome) -> Outcome:
    """Both, one after the other."""
    return Outcome(following.case, outcome.happened + following.happened)
