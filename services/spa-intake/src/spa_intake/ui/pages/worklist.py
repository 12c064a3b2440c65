"""The worklist: every open journey, the most urgent first, and the cells of a page that is already open."""

import base64
import json
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from spa_intake.read_model import staff_sessions, worklist
from spa_intake.read_model.worklist import JourneyRow, Position
from spa_intake.ui import people
from spa_intake.ui.context import SignedIn, User, page, see_other
from spa_intake.ui.presenters import dates
from spa_intake.ui.presenters import worklist as presenter
from spa_intake.ui.presenters.person import person_view

router = APIRouter()
PAGE_SIZE = 24


@router.get("/")
async def home(user: User) -> Response:  # noqa: ARG001 — only for those signed in
    return see_other("/worklist")


@router.get("/worklist")
async def show_worklist(user: User, tab: str = presenter.ALL_OPEN, after: str | None = None) -> Response:
    stages = presenter.stages_of(tab)
    async with user.ui.parts.database.transaction() as tx:
        found = await worklist.page(tx, stages, size=PAGE_SIZE, after=position_of(after))
        counts = await worklist.counts(tx)
        names = await staff_sessions.names(tx, [row.assignee for row in found.rows if row.assignee])
    persons = await people.lookup(user, (row.patient_key for row in found.rows))
    viewer = viewer_of(user)
    rows = [
        presenter.row_view(row, person_view(persons.get(row.patient_key), viewer.now), names, viewer)
        for row in found.rows
    ]
    tabs = presenter.tabs(counts, tab)
    values = {
        "rows": rows,
        "tabs": tabs,
        "tab": tab,
        "after": after,
        "next": text_of(found.next_position) if found.next_position else None,
        "total": sum(counts.get(stage, 0) for stage in stages),
        "updated_at": dates.clock(viewer.now),
        "names_missing": bool(rows) and not persons,
    }
    return page(user.request, "worklist.jinja", values, user=user)


@router.get("/worklist/cells")
async def show_cells(user: User, tab: str = presenter.ALL_OPEN, after: str | None = None) -> HTMLResponse:
    """The changing cells of one page of the list, for a page whose stream does not answer."""
    async with user.ui.parts.database.transaction() as tx:
        found = await worklist.page(tx, presenter.stages_of(tab), size=PAGE_SIZE, after=position_of(after))
    return HTMLResponse(await cells(user, found.rows))


async def cells(user: SignedIn, rows: Sequence[JourneyRow]) -> str:
    """The changing cells of rows, the counts of the tabs and the time, made by the macros of the page."""
    async with user.ui.parts.database.transaction() as tx:
        names = await staff_sessions.names(tx, [row.assignee for row in rows if row.assignee])
        counts = await worklist.counts(tx)
    viewer = viewer_of(user)
    views = [presenter.row_view(row, person_view(None, viewer.now), names, viewer) for row in rows]
    template = user.ui.templates.get_template("worklist_cells.jinja")
    return template.render(
        rows=views,
        tabs=presenter.tabs(counts, presenter.ALL_OPEN),
        updated_at=dates.clock(viewer.now),
    )


def viewer_of(user: SignedIn) -> presenter.Viewer:
    return presenter.Viewer(user.staff.staff_id, user.ui.now())


def text_of(position: Position) -> str:
    """A position as the address of the next page carries it; no part of it is about who the person is."""
    parts = [position.due_on.isoformat(), position.received_at.isoformat(), str(position.referral_id)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def position_of(text: str | None) -> Position | None:
    """The position of an address; one that cannot be read starts at the top."""
    if not text:
        return None
    try:
        due_on, received_at, referral_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return Position(date.fromisoformat(due_on), datetime.fromisoformat(received_at), UUID(referral_id))
    except (ValueError, TypeError):
        return None
