from datetime import timedelta
from uuid import uuid4

import pytest
from intake_builders import MONDAY, facts, hours, referral

from homeward_kit.values import Refusal
from spa_intake.domain.codes import Advice, CloseReason, Criterion, DeclineReason, Need, ReadinessReason, WithdrawReason
from spa_intake.domain.errors import (
    NothingAskedFor,
    PersonHasDied,
    RedirectNeedsService,
    ReferralAlreadyAccepted,
    ReferralHasEnded,
    ReferralNeverAccepted,
    ReferralNotQueried,
    ReferralWaitsForAnswer,
)
from spa_intake.domain.ids import NoteId, StayId
from spa_intake.domain.referral import (
    LIVE,
    NAMED_FACTS,
    TRANSITIONS,
    Action,
    Command,
    ReferralFact,
    ReferralState,
    decide,
)
from spa_intake.domain.referral_commands import (
    Accept,
    Amend,
    Answer,
    Assign,
    ChangeReadiness,
    Close,
    Decline,
    LinkStay,
    Note,
    Query,
    UnlinkStay,
    Withdraw,
)

S = ReferralState
ANY_REASON = DeclineReason.NOT_ELIGIBLE
AMENDED = facts(ward="W8")
COMMANDS: dict[Action, Command] = {
    Action.ACCEPT: Accept(has_died=False),
    Action.DECLINE: Decline(ANY_REASON),
    Action.QUERY: Query(("mobility",)),
    Action.ANSWER: Answer(AMENDED),
    Action.AMEND: Amend(AMENDED),
    Action.WITHDRAW: Withdraw(WithdrawReason.NO_LONGER_NEEDED),
    Action.CLOSE: Close(CloseReason.DIED),
    Action.ASSIGN: Assign(uuid4()),
    Action.CHANGE_READINESS: ChangeReadiness((Criterion.IV_FLUIDS,), MONDAY),
    Action.NOTE: Note(NoteId(uuid4())),
    Action.LINK_STAY: LinkStay(StayId(uuid4())),
    Action.UNLINK_STAY: UnlinkStay(),
}
# every cell of the table: the state afterwards, "=" for a silent repeat, or the refusal
E = ReferralHasEnded
TABLE: dict[Action, list[ReferralState | str | type[Refusal]]] = {
    #                         received     queried                 accepted                 declined  withdrawn closed
    Action.ACCEPT: [S.ACCEPTED, ReferralWaitsForAnswer, "=", E, E, E],
    Action.DECLINE: [S.DECLINED, S.DECLINED, ReferralAlreadyAccepted, "=", E, E],
    Action.QUERY: [S.QUERIED, S.QUERIED, S.QUERIED, E, E, E],
    Action.ANSWER: [ReferralNotQueried, S.RECEIVED, ReferralNotQueried, E, E, E],
    Action.AMEND: [S.RECEIVED, S.QUERIED, S.ACCEPTED, E, E, E],
    Action.WITHDRAW: [S.WITHDRAWN, S.WITHDRAWN, S.WITHDRAWN, E, "=", E],
    Action.CLOSE: [S.CLOSED, S.CLOSED, S.CLOSED, E, E, "="],
    Action.ASSIGN: [S.RECEIVED, S.QUERIED, S.ACCEPTED, E, E, E],
    Action.CHANGE_READINESS: [S.RECEIVED, S.QUERIED, S.ACCEPTED, E, E, E],
    Action.NOTE: [S.RECEIVED, S.QUERIED, S.ACCEPTED, S.DECLINED, S.WITHDRAWN, S.CLOSED],
    Action.LINK_STAY: [S.RECEIVED, S.QUERIED, S.ACCEPTED, S.DECLINED, S.WITHDRAWN, S.CLOSED],
    Action.UNLINK_STAY: [S.RECEIVED, S.QUERIED, S.ACCEPTED, S.DECLINED, S.WITHDRAWN, S.CLOSED],
}
CELLS = [
    (action, state, expected)
    for action, row in TABLE.items()
    for state, expected in zip(ReferralState, row, strict=True)
]


@pytest.mark.parametrize(("action", "state", "expected"), CELLS)
def test_every_command_in_every_state(
    action: Action, state: ReferralState, expected: ReferralState | str | type[Refusal]
) -> None:
    before = referral(state, stay_id=StayId(uuid4()))
    if isinstance(expected, type):
        with pytest.raises(expected):
            decide(before, COMMANDS[action], MONDAY)
        return
    change = decide(before, COMMANDS[action], MONDAY)
    if expected == "=":
        assert (change.referral, change.happened) == (before, None)
        return
    assert change.referral.state is expected
    assert change.referral.version == before.version + 1
    assert change.happened is not None
    assert change.happened.fact is TRANSITIONS[action].fact


def test_no_transition_lacks_a_fact_and_no_fact_a_transition() -> None:
    assert set(TRANSITIONS) == set(Action)
    assert {step.fact for step in TRANSITIONS.values()} | NAMED_FACTS == set(ReferralFact)


def test_every_live_state_can_be_left() -> None:
    for state in LIVE:
        leads_out = [
            step for step in TRANSITIONS.values() if state in step.allowed_from and step.to not in {state, "stay"}
        ]
        assert leads_out


def test_accept_checks_death_again() -> None:
    with pytest.raises(PersonHasDied):
        decide(referral(), Accept(has_died=True), MONDAY)


def test_an_accepted_referral_stays_known_as_accepted() -> None:
    accepted = decide(referral(), Accept(has_died=False), MONDAY).referral
    assert accepted.accepted_at == MONDAY
    queried = decide(accepted, Query(("needs",)), MONDAY).referral
    assert queried.was_accepted


@pytest.mark.parametrize("state", [S.RECEIVED, S.ACCEPTED])
def test_an_answer_leads_back_to_where_it_was_queried(state: ReferralState) -> None:
    queried = decide(referral(state), Query(("needs", "therapy_report")), MONDAY).referral
    assert (queried.queried_from, queried.missing) == (state, ("needs", "therapy_report"))
    answered = decide(queried, Answer(AMENDED), MONDAY).referral
    assert (answered.state, answered.queried_from, answered.missing) == (state, None, ("needs",))
    asked_anew = decide(answered, Query(("mobility",)), MONDAY).referral
    assert asked_anew.missing == ("mobility",)
    complete = decide(answered, Amend(facts(needs=(Need.MEALS,))), MONDAY).referral
    assert (complete.state, complete.missing) == (state, ())
    assert answered.facts == AMENDED


def test_a_second_query_adds_to_the_first() -> None:
    queried = decide(referral(S.ACCEPTED), Query(("needs",)), MONDAY).referral
    again = decide(queried, Query(("mobility", "needs")), MONDAY)
    assert again.referral.missing == ("needs", "mobility")
    assert again.referral.queried_from is S.ACCEPTED
    assert decide(again.referral, Query(("mobility",)), MONDAY).happened is None


def test_a_query_asks_for_something() -> None:
    with pytest.raises(NothingAskedFor):
        decide(referral(), Query(()), MONDAY)


@pytest.mark.parametrize(
    ("reason", "service"), [(DeclineReason.REDIRECTED, None), (DeclineReason.NOT_ELIGIBLE, "bromley_at_home")]
)
def test_a_redirect_names_the_service_and_nothing_else_does(reason: DeclineReason, service: str | None) -> None:
    with pytest.raises(RedirectNeedsService):
        decide(referral(), Decline(reason, service), MONDAY)


def test_a_redirect_is_a_decline() -> None:
    declined = decide(referral(), Decline(DeclineReason.REDIRECTED, "bromley_at_home"), MONDAY).referral
    assert (declined.state, declined.redirected_to) == (S.DECLINED, "bromley_at_home")


def test_a_decline_keeps_its_advice() -> None:
    advice = (Advice.SEND_AGAIN_COMPLETE, Advice.CONTACT_GP)
    declined = decide(referral(), Decline(DeclineReason.INSUFFICIENT_INFORMATION, advice=advice), MONDAY).referral
    assert declined.advice == advice


@pytest.mark.parametrize("reason", list(CloseReason))
def test_what_closes_a_referral_never_accepted(reason: CloseReason) -> None:
    if reason in {CloseReason.DIED, CloseReason.SUPERSEDED}:
        assert decide(referral(), Close(reason), MONDAY).referral.ended_reason == reason
        return
    with pytest.raises(ReferralNeverAccepted):
        decide(referral(), Close(reason), MONDAY)


@pytest.mark.parametrize("reason", list(CloseReason))
def test_anything_closes_one_once_accepted_also_while_queried(reason: CloseReason) -> None:
    queried = decide(referral(S.ACCEPTED), Query(("needs",)), MONDAY).referral
    assert decide(queried, Close(reason), MONDAY).referral.state is S.CLOSED


def test_an_amendment_that_changes_nothing_is_no_event() -> None:
    before = referral()
    assert decide(before, Amend(before.facts), MONDAY).happened is None


def test_readiness_follows_the_newest_assessment() -> None:
    first = decide(referral(), ChangeReadiness((Criterion.IV_FLUIDS,), MONDAY), MONDAY).referral
    assert not first.facts.is_ready
    assert decide(first, ChangeReadiness((), MONDAY - hours(5)), MONDAY).referral == first
    assert decide(first, ChangeReadiness((Criterion.IV_FLUIDS,), MONDAY), MONDAY).happened is None
    ready = decide(first, ChangeReadiness((), MONDAY + timedelta(minutes=1)), MONDAY)
    assert ready.referral.facts.is_ready
    assert ready.happened is not None
    assert ready.happened.readiness_reason is ReadinessReason.ASSESSED


def test_what_the_clock_ended_is_not_begun_again_by_a_repeat() -> None:
    leg = Criterion.LOWER_LIMB_SURGERY_48H
    first = decide(referral(), ChangeReadiness((leg,), MONDAY), MONDAY).referral
    lapsed = decide(first, ChangeReadiness((), MONDAY, reason=ReadinessReason.LAPSED), MONDAY + hours(48))
    assert lapsed.referral.facts.is_ready
    assert lapsed.happened is not None
    assert lapsed.happened.readiness_reason is ReadinessReason.LAPSED
    assert decide(lapsed.referral, ChangeReadiness((), MONDAY), MONDAY + hours(49)).happened is None


def test_unlinking_names_the_stay_it_was() -> None:
    linked = referral(stay_id=StayId(uuid4()))
    change = decide(linked, UnlinkStay(), MONDAY)
    assert change.happened is not None
    assert change.happened.stay_id == linked.stay_id
    assert change.referral.stay_id is None
