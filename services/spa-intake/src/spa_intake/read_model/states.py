"""Where a journey stands and whom it waits for: one table of (referral, case, package, stay, watch) states."""

from dataclasses import dataclass, fields
from enum import StrEnum


class Stage(StrEnum):
    """In the order of the journey."""

    TO_CHECK = "to_check"
    WITH_WARD = "with_ward"
    IN_TRIAGE = "in_triage"
    FINDING_CARE = "finding_care"
    ARRANGED = "arranged"
    AT_HOME = "at_home"
    BACK_IN_HOSPITAL = "back_in_hospital"
    FINISHED = "finished"


class WaitingFor(StrEnum):
    """The next thing that has to happen; `presenters/words.py` says it in plain words."""

    COORDINATOR_CHECK = "coordinator_check"
    WARD_ANSWER = "ward_answer"
    HANDOVER = "handover"  # one of our services has not told the next one yet
    READINESS = "readiness"
    MDT_DECISION = "mdt_decision"
    PROVIDER_ANSWER = "provider_answer"
    BROKER = "broker"
    DISCHARGE = "discharge"
    CARE_START = "care_start"
    THIRTY_DAYS = "thirty_days"
    RETURN_HOME = "return_home"
    READMISSION_REVIEW = "readmission_review"
    SUPPORT = "support"  # of a kind that no discharge ends
    COORDINATOR_CLOSE = "coordinator_close"
    NOBODY = "nobody"


class Referral(StrEnum):
    RECEIVED = "received"
    QUERIED = "queried"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Case(StrEnum):
    NONE = "none"
    OPEN = "open"
    ASSESSING = "assessing"
    DECIDED = "decided"
    CLOSED = "closed"


class Mark(StrEnum):
    """What stops triage; returned counts before paused, because the ward must answer first."""

    NONE = "none"
    PAUSED = "paused"
    RETURNED = "returned"


class Package(StrEnum):
    NOT_NEEDED = "not_needed"  # decided without a line
    NONE = "none"
    BROKERING = "brokering"
    UNFILLED = "unfilled"
    AGREED = "agreed"
    STARTED = "started"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Hold(StrEnum):
    NONE = "none"
    NOT_READY = "not_ready"
    IN_HOSPITAL = "in_hospital"


class Stay(StrEnum):
    NONE = "none"  # no hospital stay is known
    IN_HOSPITAL = "in_hospital"
    LEFT = "left"
    BACK = "back"  # left, and a later stay is open
    NOT_ABOUT_ONE = "not_about_one"  # the kind of referral is not about a stay in hospital


class Watch(StrEnum):
    NONE = "none"
    OPEN = "open"
    READMITTED = "readmitted"
    COMPLETED = "completed"
    DIED = "died"
    VOID = "void"


@dataclass(frozen=True)
class States:
    """The states of everything a journey is made of."""

    referral: Referral
    case: Case = Case.NONE
    mark: Mark = Mark.NONE
    package: Package = Package.NONE
    hold: Hold = Hold.NONE
    stay: Stay = Stay.NONE
    watch: Watch = Watch.NONE


@dataclass(frozen=True)
class Place:
    stage: Stage
    waiting_for: WaitingFor


@dataclass(frozen=True)
class Row:
    """A line of the table: an empty column fits every state."""

    stage: Stage
    waiting_for: WaitingFor
    referral: frozenset[Referral] = frozenset()
    case: frozenset[Case] = frozenset()
    mark: frozenset[Mark] = frozenset()
    package: frozenset[Package] = frozenset()
    hold: frozenset[Hold] = frozenset()
    stay: frozenset[Stay] = frozenset()
    watch: frozenset[Watch] = frozenset()

    def fits(self, states: States) -> bool:
        return all(not getattr(self, name) or getattr(states, name) in getattr(self, name) for name in _COLUMNS)


_COLUMNS = tuple(column.name for column in fields(States))
_STOPPED = frozenset({Referral.DECLINED, Referral.WITHDRAWN, Referral.CLOSED})
_UNDECIDED = frozenset({Case.OPEN, Case.ASSESSING})
_NOT_LEFT = frozenset({Stay.NONE, Stay.IN_HOSPITAL})
_NO_STAY = frozenset({Stay.NOT_ABOUT_ONE})
_SEEKING = frozenset({Package.BROKERING, Package.UNFILLED, Package.NONE})

# The first line that fits counts.
TABLE: tuple[Row, ...] = (
    Row(Stage.FINISHED, WaitingFor.NOBODY, referral=_STOPPED),
    Row(Stage.TO_CHECK, WaitingFor.COORDINATOR_CHECK, referral=frozenset({Referral.RECEIVED})),
    Row(Stage.BACK_IN_HOSPITAL, WaitingFor.READMISSION_REVIEW, watch=frozenset({Watch.READMITTED})),
    Row(Stage.WITH_WARD, WaitingFor.WARD_ANSWER, referral=frozenset({Referral.QUERIED})),
    Row(Stage.WITH_WARD, WaitingFor.WARD_ANSWER, mark=frozenset({Mark.RETURNED})),
    Row(Stage.BACK_IN_HOSPITAL, WaitingFor.RETURN_HOME, stay=frozenset({Stay.BACK})),
    Row(Stage.BACK_IN_HOSPITAL, WaitingFor.RETURN_HOME, hold=frozenset({Hold.IN_HOSPITAL})),
    Row(Stage.IN_TRIAGE, WaitingFor.HANDOVER, case=frozenset({Case.NONE, Case.CLOSED})),
    Row(Stage.IN_TRIAGE, WaitingFor.READINESS, case=_UNDECIDED, mark=frozenset({Mark.PAUSED})),
    Row(Stage.IN_TRIAGE, WaitingFor.MDT_DECISION, case=_UNDECIDED),
    # from here on the pathway is decided
    Row(Stage.FINDING_CARE, WaitingFor.READINESS, package=_SEEKING, mark=frozenset({Mark.PAUSED})),
    Row(Stage.FINDING_CARE, WaitingFor.READINESS, package=_SEEKING, hold=frozenset({Hold.NOT_READY})),
    Row(Stage.FINDING_CARE, WaitingFor.HANDOVER, package=frozenset({Package.NONE})),
    Row(Stage.FINDING_CARE, WaitingFor.PROVIDER_ANSWER, package=frozenset({Package.BROKERING})),
    Row(Stage.FINDING_CARE, WaitingFor.BROKER, package=frozenset({Package.UNFILLED, Package.CANCELLED})),
    Row(Stage.IN_TRIAGE, WaitingFor.MDT_DECISION, package=frozenset({Package.ENDED}), stay=_NOT_LEFT),
    Row(Stage.ARRANGED, WaitingFor.READINESS, stay=_NOT_LEFT, mark=frozenset({Mark.PAUSED})),
    Row(Stage.ARRANGED, WaitingFor.READINESS, stay=_NOT_LEFT, hold=frozenset({Hold.NOT_READY})),
    Row(Stage.ARRANGED, WaitingFor.DISCHARGE, stay=_NOT_LEFT),
    # from here on the person has left hospital, or is not there because of this referral
    Row(Stage.AT_HOME, WaitingFor.CARE_START, package=frozenset({Package.AGREED})),
    Row(Stage.AT_HOME, WaitingFor.SUPPORT, package=frozenset({Package.STARTED}), stay=_NO_STAY),
    Row(Stage.AT_HOME, WaitingFor.COORDINATOR_CLOSE, stay=_NO_STAY),
    Row(Stage.AT_HOME, WaitingFor.THIRTY_DAYS, watch=frozenset({Watch.OPEN})),
    Row(Stage.AT_HOME, WaitingFor.HANDOVER, watch=frozenset({Watch.NONE, Watch.COMPLETED, Watch.DIED})),
    Row(Stage.AT_HOME, WaitingFor.COORDINATOR_CLOSE, watch=frozenset({Watch.VOID})),
)


def place(states: States) -> Place:
    """Where a journey with these states stands."""
    row = next(row for row in TABLE if row.fits(states))
    return Place(row.stage, row.waiting_for)
