"""What a message says: coded facts of a referral and its journey, and who has the next move; nobody's identity."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from homeward_kit.database import Tx
from spa_intake.domain.kinds import is_about_a_stay
from spa_intake.domain.next_move import NextMove, Standing, next_move
from spa_intake.domain.referral import Referral, ReferralState
from spa_intake.domain.subscription import TEST_MESSAGE


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JourneyPart(Part):
    """Where the journey stands in the other services and the hospital; null: nothing is known yet."""

    case_state: str | None = None
    is_paused: bool = False
    is_returned: bool = False
    pathway: int | None = None
    target_on: date | None = None
    package_state: str | None = None
    holds: tuple[str, ...] = ()
    watch_state: str | None = None
    left_at: datetime | None = None


class LinksPart(Part):
    self: str


class ReferralPart(Part):
    """`missing` is what the ward is asked for, `reason` and `advice` why a referral ended and what to do instead."""

    referral_id: UUID
    kind: str
    state: ReferralState
    version: int
    is_ready: bool
    next_move: NextMove
    missing: tuple[str, ...]
    reason: str | None
    redirected_to: str | None
    advice: tuple[str, ...]
    progress: JourneyPart
    links: LinksPart


class WardMessage(Part):
    """The body of a message. `timestamp` is when it happened; when it was sent is in the headers."""

    type: str
    timestamp: datetime
    data: ReferralPart | dict[str, str]


@dataclass(frozen=True)
class News:
    """What is told, of which referral, and how its journey stands."""

    type: str
    referral: Referral
    journey: JourneyPart


def body_of(tx: Tx, news: News) -> str:
    """The message's text, made once: every try sends the same bytes."""
    referral, journey = news.referral, news.journey
    standing = Standing(
        state=referral.state,
        is_ready=referral.facts.is_ready,
        has_left=journey.left_at is not None,
        is_returned=journey.is_returned,
        case_state=journey.case_state,
        package_state=journey.package_state,
        is_back_in_hospital="in_hospital" in journey.holds,
        is_about_a_stay=is_about_a_stay(referral.kind),
    )
    data = ReferralPart(
        referral_id=referral.referral_id,
        kind=referral.kind,
        state=referral.state,
        version=referral.version,
        is_ready=referral.facts.is_ready,
        next_move=next_move(standing),
        missing=referral.missing,
        reason=referral.ended_reason,
        redirected_to=referral.redirected_to,
        advice=tuple(each.value for each in referral.advice),
        progress=journey,
        links=LinksPart(self=f"/api/v1/referrals/{referral.referral_id}"),
    )
    return WardMessage(type=news.type, timestamp=tx.now, data=data).model_dump_json()


def body_of_test(tx: Tx, subscription_id: UUID) -> str:
    """A message about nobody, to try a target with."""
    data = {"subscription_id": str(subscription_id)}
    return WardMessage(type=TEST_MESSAGE, timestamp=tx.now, data=data).model_dump_json()
