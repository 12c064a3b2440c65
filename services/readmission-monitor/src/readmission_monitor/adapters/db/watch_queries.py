"""Watches as they are shown: with the pathway at discharge and when care began."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping

from homeward_kit.database import Tx

_SELECT = """
SELECT watch.*, pathway.pathway, referral.care_started_at
FROM watches AS watch
LEFT JOIN referral_facts AS referral ON referral.referral_id = watch.referral_id
LEFT JOIN LATERAL (
    SELECT decided.pathway FROM pathway_facts AS decided
    WHERE decided.referral_id = watch.referral_id AND decided.decided_at <= watch.discharged_at
    ORDER BY decided.decision DESC LIMIT 1
) AS pathway ON true
"""

# A referral finds the watch of its stay also where a younger one is carried.
_LIST = f"""{_SELECT}
WHERE (CAST(:referral_id AS uuid) IS NULL OR watch.referral_id = :referral_id OR watch.stay_id =
       (SELECT linked.stay_id FROM referral_facts AS linked WHERE linked.referral_id = :referral_id))
  AND (CAST(:stay_id AS uuid) IS NULL OR watch.stay_id = :stay_id)
  AND (CAST(:state AS text) IS NULL OR watch.state = :state)
  AND (CAST(:after AS uuid) IS NULL OR (watch.discharged_at, watch.watch_id) <
       (SELECT seen.discharged_at, seen.watch_id FROM watches AS seen WHERE seen.watch_id = :after))
ORDER BY watch.discharged_at DESC, watch.watch_id DESC
LIMIT :limit
"""  # noqa: S608 — a constant of ours


@dataclass(frozen=True)
class WatchFilter:
    referral_id: UUID | None = None
    stay_id: UUID | None = None
    state: str | None = None


async def find_watch(tx: Tx, watch_id: UUID) -> RowMapping | None:
    """One watch, or None."""
    found = await tx.execute(f"{_SELECT} WHERE watch.watch_id = :watch_id", {"watch_id": watch_id})
    return found.mappings().one_or_none()


async def list_watches(tx: Tx, wanted: WatchFilter, *, limit: int, after: UUID | None) -> list[RowMapping]:
    """Watches by discharge, the newest first, from the one after `after` on."""
    values = {"referral_id": wanted.referral_id, "stay_id": wanted.stay_id, "state": wanted.state}
    found = await tx.execute(_LIST, values | {"after": after, "limit": limit})
    return list(found.mappings())
