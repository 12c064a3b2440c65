"""What the other services said about a referral: what a ward sees of the journey after it was sent.

Each row is made by whichever event comes first; an event older than what is known of its source changes nothing.
"""

from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from homeward_kit.database import Tx

_CASE = """
INSERT INTO referral_progress AS p
    (referral_id, case_version, case_state, is_paused, is_returned, pathway, target_on)
VALUES (:referral_id, :version, :state, :is_paused, :is_returned, :pathway, :target_on)
ON CONFLICT (referral_id) DO UPDATE SET case_version = excluded.case_version, case_state = excluded.case_state,
    is_paused = excluded.is_paused, is_returned = excluded.is_returned,
    pathway = coalesce(excluded.pathway, p.pathway), target_on = coalesce(excluded.target_on, p.target_on)
WHERE p.case_version < excluded.case_version
"""
_PACKAGE = """
INSERT INTO referral_progress AS p (referral_id, package_id, package_version, package_state, holds)
VALUES (:referral_id, :package_id, :version, :state, :holds)
ON CONFLICT (referral_id) DO UPDATE SET package_id = excluded.package_id, package_version = excluded.package_version,
    package_state = excluded.package_state, holds = excluded.holds
WHERE p.package_id IS DISTINCT FROM excluded.package_id OR p.package_version < excluded.package_version
"""
_WATCH = """
INSERT INTO referral_progress AS p (referral_id, watch_id, watch_version, watch_state)
VALUES (:referral_id, :watch_id, :version, :state)
ON CONFLICT (referral_id) DO UPDATE SET watch_id = excluded.watch_id, watch_version = excluded.watch_version,
    watch_state = excluded.watch_state
WHERE p.watch_id IS DISTINCT FROM excluded.watch_id OR p.watch_version < excluded.watch_version
"""


@dataclass(frozen=True)
class CaseNews:
    """A case as an event of triage left it; pathway and target are None where the event does not say."""

    referral_id: UUID
    version: int
    state: str
    is_paused: bool
    is_returned: bool
    pathway: int | None = None
    target_on: date | None = None


@dataclass(frozen=True)
class PackageNews:
    referral_id: UUID
    package_id: UUID
    version: int
    state: str
    holds: list[str]


@dataclass(frozen=True)
class WatchNews:
    referral_id: UUID
    watch_id: UUID
    version: int
    state: str


async def follow_case(tx: Tx, news: CaseNews) -> bool:
    """False where it is older than what is known."""
    return (await tx.execute(_CASE, asdict(news))).rowcount == 1


async def follow_package(tx: Tx, news: PackageNews) -> bool:
    """False where it is older than what is known."""
    return (await tx.execute(_PACKAGE, asdict(news))).rowcount == 1


async def follow_watch(tx: Tx, news: WatchNews) -> bool:
    """False where it is older than what is known."""
    return (await tx.execute(_WATCH, asdict(news))).rowcount == 1


async def ask_for_new_referral(tx: Tx, referral_id: UUID) -> None:
    """The readmission that closed it did not happen: a coordinator refers again from this referral."""
    await tx.execute(
        "UPDATE referral_progress SET needs_new_referral = true WHERE referral_id = :id", {"id": referral_id}
    )
