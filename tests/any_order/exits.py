"""No state that nobody can leave: from wherever the world stands somebody, a fact or a timer leads on."""

from datetime import timedelta

from care_package.domain import steps
from care_package.domain.line import Line, LineState
from care_package.domain.package import Package
from care_package.domain.reconcile import hospital_deadline
from readmission_monitor.domain.watch import WatchState
from spa_intake.domain.codes import WithdrawReason
from spa_intake.domain.referral import Referral, ReferralState, decide
from spa_intake.domain.referral_commands import Accept, Answer, ChangeReadiness, Withdraw
from triage.domain import codes, commands
from triage.domain.case import Case, CaseState

from .cases import POLICY
from .packages import POLICY as PACKAGE_POLICY
from .rules import check
from .staff import Staff, decision
from .world import World

A_SEASON = timedelta(days=60)


def check_exits(world: World) -> None:
    """Where all is delivered; each step is tried without being taken, and would raise a refusal."""
    for referral in world.intake.referrals.values():
        if referral.is_live:
            try_referral(world, referral)
    for case in world.triage.cases.values():
        if not case.is_closed:
            try_case(world, case)
    for key in world.packages.packages:
        package = world.packages.newest(key)
        for line in package.lines if package else ():
            if package is not None and line.is_open:
                try_line(world, package, line)
    assert all(due_at > world.settled_at for due_at in world.due()), "a timer is due and does not fire"
    running = [watch for watch in world.monitor.watches.values() if watch.state is WatchState.OPEN]
    assert {watch.window_ends_at for watch in running} <= set(world.due())


def try_referral(world: World, referral: Referral) -> None:
    """A mark on its case is cleared by readiness or by an answer: both are possible as long as it lives."""
    assert decide(referral, Withdraw(WithdrawReason.NO_LONGER_NEEDED), world.now).happened
    if not referral.facts.is_ready:
        assert decide(referral, ChangeReadiness((), world.now), world.now).happened
    if referral.state is ReferralState.QUERIED:
        assert decide(referral, Answer(referral.facts), world.now).happened
    if referral.state is ReferralState.RECEIVED:
        assert decide(referral, Accept(has_died=world.intake.people[referral.patient_key].has_died), world.now).happened


def try_case(world: World, case: Case) -> None:
    """`rules.check_case` has shown that a mark has its cause."""
    assert commands.close(case, codes.CloseReason.NOT_SUITABLE, world.now).happened
    if case.state is CaseState.DECIDED:
        assert commands.reopen(case, codes.ReopenReason.NEEDS_CHANGED).happened
    elif not case.is_paused and not case.is_returned:
        facts = world.triage.facts(case.referral_id)
        assert commands.decide(case, facts, decision("one"), POLICY, world.now).happened


def try_line(world: World, package: Package, line: Line) -> None:
    """`rules.check_line` has shown that a brokered line has an open offer while nothing holds it."""
    now = world.settled_at
    if line.state is LineState.STARTED:
        assert steps.end_line(package, line.line_id, "independent").events
        assert steps.hand_back(package, line.line_id, "other", is_stopped=False).events
        assert not package.in_hospital_since or hospital_deadline(package, PACKAGE_POLICY) in world.due()
        return
    assert steps.cancel_line(package, line.line_id, "not_needed", now).events
    for offer in line.open_offers:
        assert offer.respond_by in world.due(), "an offer without a deadline"
    if line.state is LineState.AGREED and not line.open_offers and not package.is_held:
        assert steps.start_line(package, line.line_id, now, now).events


def check_that_all_ends(world: World) -> None:
    """Wards withdraw, providers end what runs, a season passes: nothing is left to do."""
    staff = Staff(world)
    for referral in staff.referrals():
        if referral.is_live:
            staff.withdraw(referral)
    world.settle()
    check(world)
    for referral_id, line in staff.lines():
        assert staff.end(referral_id, line)
    world.pass_time(A_SEASON, with_delivery=True)
    world.settle()
    assert not staff.cases()
    assert not staff.lines()
    assert not [watch for watch in world.monitor.watches.values() if watch.state is WatchState.OPEN]
    assert not world.due()
    check(world)
