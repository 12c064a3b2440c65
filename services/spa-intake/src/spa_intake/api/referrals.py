"""Referrals over HTTP: a ward sends, amends, answers and withdraws; a coordinator accepts, declines, asks, closes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from homeward_kit import audit, telemetry
from homeward_kit.auth import Caller, Role, require
from homeward_kit.commands import Answer, run_command
from homeward_kit.database import Database, Tx
from spa_intake.adapters.db import acceptance_rules, assessments, referral_contents, referral_views
from spa_intake.adapters.db.referral_views import ReferralView
from spa_intake.domain.acceptance_rules import Rule
from spa_intake.domain.codes import Source
from spa_intake.domain.criteria import series
from spa_intake.domain.errors import ReferralNotFound
from spa_intake.domain.inputs import ReferralIn
from spa_intake.domain.policy import Policy
from spa_intake.domain.referral import Referral
from spa_intake.domain.referral_commands import Decline
from spa_intake.use_cases.accept_referral import accept_referral
from spa_intake.use_cases.access import Access
from spa_intake.use_cases.amend_referral import amend_referral
from spa_intake.use_cases.answer_query import answer_query
from spa_intake.use_cases.assign_referral import assign_referral
from spa_intake.use_cases.change_readiness import change_readiness
from spa_intake.use_cases.close_referral import close_referral
from spa_intake.use_cases.decline_referral import decline_referral
from spa_intake.use_cases.query_referral import query_referral
from spa_intake.use_cases.receive_referral import Taken
from spa_intake.use_cases.withdraw_referral import withdraw_referral

from . import examples, schemas
from .arrivals import Arrival, arrivals_of
from .content_faults import check_content
from .content_schemas import unique
from .cursors import cursor_of, place_of
from .deciding import CriteriaOut, criteria_out, findings_about
from .dependencies import (
    READERS,
    WARD_OR_COORDINATOR,
    PolicyDep,
    Scopes,
    access_of,
    organisations_of,
    policy_of,
    reading,
    sending_organisation,
)
from .resources import ContentOut, ReferralOut, ReferralsOut, content_out, referral_out

router = APIRouter(prefix="/api/v1/referrals", tags=["referrals"])

Reader = Annotated[Caller, Depends(require(*READERS, Role.WARD_SYSTEM, scope=Scopes.READ))]
Referrer = Annotated[Caller, Depends(require(*WARD_OR_COORDINATOR, scope=Scopes.WRITE))]
Sent = Annotated[schemas.ReferralBody, Body(openapi_examples=examples.REFERRAL)]
Amendment = Annotated[schemas.AmendmentBody, Body(openapi_examples=examples.AMENDMENT)]
Withdrawal = Annotated[schemas.WithdrawBody, Body(openapi_examples=examples.WITHDRAWAL)]
Readiness = Annotated[schemas.ReadinessBody, Body(openapi_examples=examples.READINESS)]
Coordinator = Annotated[Caller, Depends(require(Role.COORDINATOR))]
Step = Callable[[Tx, Access], Awaitable[Referral]]


async def _run(request: Request, caller: Caller, step: Step) -> Response:
    async def work(tx: Tx) -> Answer:
        referral = await step(tx, access_of(caller, request))
        view = await referral_views.get(tx, referral.referral_id)
        if view is None:
            raise ReferralNotFound
        return Answer(_out(view, caller, policy_of(request), await _rules(tx, caller)), version=view.version)

    return await run_command(request, caller, work)


def _out(view: ReferralView, caller: Caller, policy: Policy, rules: Sequence[Rule]) -> ReferralOut:
    findings = findings_about(view, rules)
    return referral_out(view, for_staff=caller.role is not Role.WARD_SYSTEM, rules=policy.scores, findings=findings)


async def _rules(tx: Tx, caller: Caller) -> Sequence[Rule]:
    """The acceptance rules are for those who decide; what a ward reads costs no look at them."""
    return () if caller.role is Role.WARD_SYSTEM else await acceptance_rules.rules(tx)


@router.post("", status_code=201, response_model=ReferralOut)
async def send_referral(body: Sent, request: Request, caller: Referrer) -> Response:
    """Send a referral. A person has one live referral of a kind: a second is refused with the first one's number."""
    is_ward = caller.role is Role.WARD_SYSTEM
    sender = sending_organisation(caller, body.hospital or caller.org, "/hospital")
    asked = body.referral(Source.REST if is_ward else Source.STAFF, sender)
    database: Database = request.app.state.database
    check_content(asked, database.clock.now())
    rules: Sequence[Rule] = ()
    if not is_ward:
        async with reading(request, caller) as tx:
            rules = await acceptance_rules.rules(tx)
    arrival = Arrival(asked, lambda taken: _taken(asked, taken, caller, (policy_of(request), rules)))
    response = await arrivals_of(request).run(request, caller, arrival)
    telemetry.set_referral(UUID(response.headers["location"].rpartition("/")[2]))
    return response


def _taken(asked: ReferralIn, taken: Taken, caller: Caller, known: tuple[Policy, Sequence[Rule]]) -> Answer:
    has_next_of_kin = bool(asked.content.contacts)
    received_at = taken.referral.received_at
    view = referral_views.of_new(taken.referral, taken.person, taken.stay, received_at, has_next_of_kin=has_next_of_kin)
    body = _out(view, caller, *known)
    return Answer(body, 201, taken.referral.version, body.links.self, taken.event_ids)


@router.get("")
async def list_referrals(
    request: Request, caller: Reader, page: Annotated[schemas.ListQuery, Query()], policy: PolicyDep
) -> ReferralsOut:
    """Referrals in the order of their last change, oldest first. `next` leads to the page after.

    To follow changes, ask again with `after` set to the last `resume`: no change is left out, however the
    transactions that made them overlapped; one may come twice.
    """
    wanted = referral_views.Page(
        organisations=organisations_of(caller),
        kinds=page.kind or None,
        states=page.state or None,
        hospital=page.hospital,
        ward=page.ward,
        is_ready=page.is_ready,
        updated_since=page.updated_since,
        after=place_of(page.after),
        limit=page.limit,
    )
    async with reading(request, caller) as tx:
        views, last = await referral_views.page(tx, wanted)
        rules = await _rules(tx, caller)
        await audit.record(tx, "list_referrals", "referrals", caller=caller)
    resume = cursor_of(last) if last else page.after
    return ReferralsOut(
        items=[_out(view, caller, policy, rules) for view in views],
        next=resume if len(views) == page.limit else None,
        resume=resume,
    )


@router.get("/{referral_id}")
async def read_referral(referral_id: UUID, request: Request, response: Response, caller: Reader) -> ReferralOut:
    """One referral; its version is the ETag that commands on it need as If-Match."""
    async with reading(request, caller) as tx:
        view = await referral_views.get(tx, referral_id, organisations_of(caller))
        if view is None:
            raise ReferralNotFound
        telemetry.set_referral(referral_id)
        subject = f"referral/{referral_id}"
        await audit.record(tx, "read_referral", subject, caller=caller, patient_key=view.patient_key)
        rules = await _rules(tx, caller)
    response.headers["ETag"] = f'"{view.version}"'
    return _out(view, caller, policy_of(request), rules)


@router.get("/{referral_id}/content")
async def read_content(referral_id: UUID, request: Request, caller: Reader) -> ContentOut:
    """Contacts and words of a referral; they are changed by amending it."""
    async with reading(request, caller) as tx:
        view = await referral_views.get(tx, referral_id, organisations_of(caller))
        if view is None:
            raise ReferralNotFound
        telemetry.set_referral(referral_id)
        content = await referral_contents.get(tx, referral_id)
        subject = f"referral/{referral_id}"
        await audit.record(tx, "read_content", subject, caller=caller, patient_key=view.patient_key)
    return content_out(referral_id, content)


@router.post("/{referral_id}/accept", response_model=ReferralOut)
async def accept(referral_id: UUID, _body: schemas.Nothing, request: Request, caller: Coordinator) -> Response:
    """Accept a referral: triage opens a case. An older referral of the same kind is closed as superseded."""
    return await _run(request, caller, lambda tx, access: accept_referral(tx, referral_id, access))


@router.post("/{referral_id}/decline", response_model=ReferralOut)
async def decline(referral_id: UUID, body: schemas.DeclineBody, request: Request, caller: Coordinator) -> Response:
    """Decline a referral, or redirect the ward to the service that is right; the ward reads reason, advice and note."""
    command = Decline(body.reason, body.redirected_to, unique(body.advice))
    return await _run(request, caller, lambda tx, access: decline_referral(tx, referral_id, command, access, body.note))


@router.post("/{referral_id}/query", response_model=ReferralOut)
async def query(referral_id: UUID, body: schemas.QueryBody, request: Request, caller: Coordinator) -> Response:
    """Ask the ward for what is missing."""
    return await _run(request, caller, lambda tx, access: query_referral(tx, referral_id, body.missing, access))


@router.post("/{referral_id}/answer", response_model=ReferralOut)
async def answer(referral_id: UUID, body: Amendment, request: Request, caller: Referrer) -> Response:
    """Answer a query, with what changes by it."""
    said = body.rewriting(policy_of(request))
    return await _run(request, caller, lambda tx, access: answer_query(tx, referral_id, body.apply, access, said))


@router.post("/{referral_id}/amend", response_model=ReferralOut)
async def amend(referral_id: UUID, body: Amendment, request: Request, caller: Referrer) -> Response:
    """Amend what a referral says, and correct what is known of the person (docs/adr/0028).

    The criteria to reside have a command of their own (readiness).
    """
    said = body.rewriting(policy_of(request))
    return await _run(request, caller, lambda tx, access: amend_referral(tx, referral_id, body.apply, access, said))


@router.post("/{referral_id}/withdraw", response_model=ReferralOut)
async def withdraw(referral_id: UUID, body: Withdrawal, request: Request, caller: Referrer) -> Response:
    """Withdraw a referral."""
    return await _run(request, caller, lambda tx, access: withdraw_referral(tx, referral_id, body.reason, access))


@router.post("/{referral_id}/close", response_model=ReferralOut)
async def close(referral_id: UUID, body: schemas.CloseBody, request: Request, caller: Coordinator) -> Response:
    """Close an accepted referral for which no message of the hospital will."""
    return await _run(request, caller, lambda tx, access: close_referral(tx, referral_id, body.reason, access))


@router.post("/{referral_id}/assign", response_model=ReferralOut)
async def assign(referral_id: UUID, body: schemas.AssignBody, request: Request, caller: Coordinator) -> Response:
    """Say who has a referral."""
    return await _run(request, caller, lambda tx, access: assign_referral(tx, referral_id, body.assignee, access))


@router.post("/{referral_id}/readiness", response_model=ReferralOut)
async def readiness(referral_id: UUID, body: Readiness, request: Request, caller: Referrer) -> Response:
    """Record an assessment of the criteria to reside; none met: ready for discharge."""
    return await _run(
        request, caller, lambda tx, access: change_readiness(tx, referral_id, body.assessment(tx.now), access)
    )


@router.get("/{referral_id}/criteria")
async def read_criteria(referral_id: UUID, request: Request, caller: Reader) -> CriteriaOut:
    """The criteria to reside as a dated series: who found what, since when each is met, and when the clock ends it."""
    async with reading(request, caller) as tx:
        view = await referral_views.get(tx, referral_id, organisations_of(caller))
        if view is None:
            raise ReferralNotFound
        telemetry.set_referral(referral_id)
        entries = series(await assessments.of_referral(tx, referral_id))
        subject = f"referral/{referral_id}"
        await audit.record(tx, "read_criteria", subject, caller=caller, patient_key=view.patient_key)
    return criteria_out(referral_id, entries, view.read_at)
