"""GET /api/v1/watches: who is watched, and how it ended."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from homeward_kit import audit, telemetry
from homeward_kit.auth import STAFF, Caller, Role, require
from homeward_kit.database import Database
from homeward_kit.problems import Problem
from readmission_monitor.adapters.db.watch_queries import WatchFilter, find_watch, list_watches
from readmission_monitor.api.schemas import WatchList, WatchView
from readmission_monitor.domain.watch import WatchState

router = APIRouter(prefix="/api/v1/watches", tags=["Watches"])
Reader = Annotated[Caller, Depends(require(*STAFF, Role.OPERATOR))]


def _filter(
    referral_id: UUID | None = None, stay_id: UUID | None = None, state: WatchState | None = None
) -> WatchFilter:
    return WatchFilter(referral_id, stay_id, state)


@router.get("", summary="Watches, the newest discharge first")
async def read_watches(
    request: Request,
    caller: Reader,
    wanted: Annotated[WatchFilter, Depends(_filter)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: UUID | None = None,
) -> WatchList:
    database: Database = request.app.state.database
    if wanted.referral_id:
        telemetry.set_referral(wanted.referral_id)
    async with database.transaction(actor=caller.subject) as tx:
        rows = await list_watches(tx, wanted, limit=limit + 1, after=after)
        shown = [WatchView.of(row) for row in rows[:limit]]
        for watch in shown:
            await audit.record(tx, "read_watches", f"watch/{watch.watch_id}", patient_key=watch.patient_key)
    return WatchList(items=shown, next=shown[-1].watch_id if len(rows) > limit else None)


@router.get("/{watch_id}", summary="One watch")
async def read_watch(request: Request, response: Response, caller: Reader, watch_id: UUID) -> WatchView:
    database: Database = request.app.state.database
    async with database.transaction(actor=caller.subject) as tx:
        row = await find_watch(tx, watch_id)
        if row is None:
            raise Problem(404, "watch_unknown", "No such watch", "There is no watch with this number. Check the link.")
        watch = WatchView.of(row)
        await audit.record(tx, "read_watch", f"watch/{watch_id}", patient_key=watch.patient_key)
    telemetry.set_referral(watch.referral_id)
    response.headers["ETag"] = f'"{watch.version}"'
    return watch
