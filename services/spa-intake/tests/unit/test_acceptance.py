import pytest
from intake_builders import MONDAY, facts, hours, referral

from spa_intake.domain.acceptance import Standing, blocks, receive, superseded_by
from spa_intake.domain.codes import Kind
from spa_intake.domain.errors import PersonAlreadyReferred, PersonHasDied
from spa_intake.domain.referral import ReferralFact, ReferralState

S = ReferralState


def test_a_first_referral_is_received() -> None:
    change = receive(referral(), [], has_died=False)
    assert change.happened is not None
    assert change.happened.fact is ReferralFact.RECEIVED


def test_a_live_referral_blocks_and_is_named() -> None:
    other = referral(S.ACCEPTED)
    with pytest.raises(PersonAlreadyReferred) as refused:
        receive(referral(), [Standing(other, None)], has_died=False)
    assert refused.value.facts == {"referral_id": str(other.referral_id)}


def test_the_dead_are_not_referred() -> None:
    with pytest.raises(PersonHasDied):
        receive(referral(), [], has_died=True)


@pytest.mark.parametrize(
    ("other", "does_block"),
    [
        (Standing(referral(S.RECEIVED), None), True),
        (Standing(referral(S.QUERIED), None), True),
        (Standing(referral(S.ACCEPTED), None), True),
        (Standing(referral(S.DECLINED), None), False),
        (Standing(referral(S.WITHDRAWN), None), False),
        (Standing(referral(S.CLOSED), None), False),
        (Standing(referral(S.ACCEPTED), MONDAY), False),  # has left hospital
        (Standing(referral(S.ACCEPTED, facts=facts(hospital="RJ1")), None), False),  # transferred
        (Standing(referral(S.ACCEPTED, kind=Kind.PROACTIVE_CARE), None), False),
    ],
)
def test_what_blocks(other: Standing, *, does_block: bool) -> None:
    assert blocks(other, referral()) is does_block


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.HOSPITAL_DISCHARGE])
def test_a_kind_that_is_not_about_a_stay_knows_no_transfer(kind: Kind) -> None:
    """The practice is told that the ambulance has referred the person already."""
    other = referral(S.ACCEPTED, kind=kind, facts=facts(hospital="RRU"))
    assert blocks(Standing(other, None), referral(kind=kind, facts=facts(hospital="G85001")))


def test_accepting_ends_the_older_live_referrals_of_the_same_kind() -> None:
    older, newer = referral(S.ACCEPTED), referral(received_at=MONDAY + hours(2))
    accepted = referral(S.ACCEPTED, received_at=MONDAY + hours(1))
    others = [
        older,
        newer,
        accepted,
        referral(S.WITHDRAWN),
        referral(S.ACCEPTED, kind=Kind.PROACTIVE_CARE),
    ]
    assert superseded_by(accepted, others) == [older]
