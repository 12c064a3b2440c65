"""Streams of what changed, one per open page; a quiet stream still says that it is alive."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from spa_intake.read_model import worklist
from spa_intake.ui.context import SignedIn, User
from spa_intake.ui.presenters import dates
from spa_intake.ui.presenters import worklist as presenter

from .worklist import PAGE_SIZE, cells, position_of

router = APIRouter()
BEAT_SECONDS = 15.0
LONGEST_SECONDS = 1800.0  # then the browser connects anew and the session is checked again
MANY = 100  # changed at once (the read model was rebuilt): then only the rows of this page are sent


@router.get("/worklist/live", response_class=EventSourceResponse)
async def worklist_live(
    user: User, tab: str = presenter.ALL_OPEN, after: str | None = None
) -> AsyncIterator[ServerSentEvent]:
    stages = presenter.stages_of(tab)
    async with user.ui.parts.database.transaction() as tx:
        shown = (await worklist.page(tx, stages, size=PAGE_SIZE, after=position_of(after))).rows
        known = set(await worklist.ids(tx, stages))
    new: set[UUID] = set()
    yield ServerSentEvent(raw_data=await cells(user, shown))  # what happened since the page was made
    async for changed in _changes(user):
        is_all = len(changed) > MANY
        async with user.ui.parts.database.transaction() as tx:
            rows = await worklist.by_ids(tx, [row.referral_id for row in shown] if is_all else list(changed))
            present = (
                set(await worklist.ids(tx, stages)) if is_all else {r.referral_id for r in rows if r.stage in stages}
            )
        new |= present - known
        html = await cells(user, rows)
        if new:
            html += user.ui.templates.get_template("worklist_new.jinja").render(count=len(new), tab=tab)
        yield ServerSentEvent(raw_data=html)


@router.get("/referrals/{referral_id}/live", response_class=EventSourceResponse)
async def referral_live(user: User, referral_id: UUID) -> AsyncIterator[ServerSentEvent]:
    template = user.ui.templates.get_template("record_changed.jinja")
    async for changed in _changes(user):
        html = template.render(
            referral_id=referral_id,
            has_changed=referral_id in changed,
            updated_at=dates.clock(user.ui.now()),
        )
        yield ServerSentEvent(raw_data=html)


async def _changes(user: SignedIn) -> AsyncIterator[frozenset[UUID]]:
    """Changed journeys as they come; an empty set every fifteen seconds in between."""
    ends_at = asyncio.get_running_loop().time() + LONGEST_SECONDS
    with user.ui.parts.live.stream() as stream:
        while asyncio.get_running_loop().time() < ends_at:
            try:
                changed = await asyncio.wait_for(stream.get(), BEAT_SECONDS)
            except TimeoutError:
                changed = frozenset()
            if changed is None:
                return
            yield changed
