"""The others' events as news about a referral's progress: kept, and told to the ward that sent it."""

from homeward_kit.database import Tx
from homeward_kit.envelope import Received
from spa_intake.adapters.db import progress
from spa_intake.adapters.db.progress import CaseNews, PackageNews, WatchNews
from spa_intake.adapters.events.consumed import (
    CaseEvent,
    PackageEvent,
    PathwayDecided,
    PlannedCaseEvent,
    WatchEvent,
)

from .informing import inform_of_progress


async def take_case_news(tx: Tx, received: Received[CaseEvent]) -> None:
    """Older news than what is known changes nothing."""
    if await progress.follow_case(tx, case_news(received)):
        await inform_of_progress(tx, received.payload.referral_id, received.payload.type)


async def take_package_news(tx: Tx, received: Received[PackageEvent]) -> None:
    """As of a case."""
    if await progress.follow_package(tx, package_news(received)):
        await inform_of_progress(tx, received.payload.referral_id, received.payload.type)


async def take_watch_news(tx: Tx, received: Received[WatchEvent]) -> None:
    """As of a case."""
    if await progress.follow_watch(tx, watch_news(received)):
        await inform_of_progress(tx, received.payload.referral_id, received.payload.type)


def case_news(received: Received[CaseEvent]) -> CaseNews:
    case = received.payload
    return CaseNews(
        referral_id=case.referral_id,
        version=received.aggregate_version or 0,
        state=case.state,
        is_paused=case.is_paused,
        is_returned=case.is_returned,
        pathway=case.pathway if isinstance(case, PathwayDecided) else None,
        target_on=case.target_on if isinstance(case, PlannedCaseEvent) else None,
    )


def package_news(received: Received[PackageEvent]) -> PackageNews:
    package = received.payload
    return PackageNews(
        referral_id=package.referral_id,
        package_id=package.package_id,
        version=received.aggregate_version or 0,
        state=package.state,
        holds=package.holds,
    )


def watch_news(received: Received[WatchEvent]) -> WatchNews:
    watch = received.payload
    return WatchNews(
        referral_id=watch.referral_id,
        watch_id=watch.watch_id,
        version=received.aggregate_version or 0,
        state=watch.state,
    )
