"""Everything staff can do to a journey: one table of who may, when it is offered, what is asked, and where it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .forms import answer as answer_forms
from .forms import case as case_forms
from .forms import package as package_forms
from .forms import referral as referral_forms
from .forms.fields import Form
from .owners import CARE_PACKAGE, INTAKE, TRIAGE

# Any: the JSON of a service about the referral, case or package.
Resource = Mapping[str, Any]

COORDINATOR = frozenset({"coordinator"})
MDT = frozenset(
    {"nurse", "occupational_therapist", "physiotherapist", "social_worker", "pharmacist", "community_matron"}
)
BROKER = frozenset({"broker"})
MDT_OR_COORDINATOR = MDT | COORDINATOR
ALL_STAFF = MDT | COORDINATOR | BROKER | frozenset({"readmission_nurse", "manager"})
LIVE = frozenset({"received", "queried", "accepted"})


class About(StrEnum):
    """Which aggregate an action changes: its version is the one that must not have moved."""

    REFERRAL = "referral"
    CASE = "case"
    PACKAGE = "package"


@dataclass(frozen=True)
class Action:
    """`path` may name {referral_id}, {case_id}, {package_id} and {target} (an offer or a line)."""

    code: str
    button: str
    heading: str
    done: str
    about: About
    service: str
    path: str
    roles: frozenset[str]
    is_offered: Callable[[Resource], bool]
    form: Form | None = None  # without one, a single button is all
    needs_target: bool = False
    is_next_step: bool = False
    submit: str = "Save"  # the button of the form: what cannot be taken back says what it does


def _state(*states: str) -> Callable[[Resource], bool]:
    return lambda resource: resource.get("state") in states


def _is_workable(case: Resource) -> bool:
    return case.get("state") in {"open", "assessing"} and not case.get("is_paused") and not case.get("is_returned")


_REFERRALS = "/api/v1/referrals/{referral_id}"
_CASES = "/api/v1/cases/{case_id}"
_LINES = "/api/v1/packages/{package_id}/lines/{target}"
_OFFERS = "/api/v1/offers/{target}"


def _referral(code: str, button: str, done: str, is_offered: Callable[[Resource], bool], **more: Any) -> Action:
    path = more.pop("path", f"{_REFERRALS}/{code}")
    heading = more.pop("heading", button)
    roles = more.pop("roles", COORDINATOR)
    return Action(code, button, heading, done, About.REFERRAL, INTAKE, path, roles, is_offered, **more)


def _case(code: str, button: str, done: str, is_offered: Callable[[Resource], bool], **more: Any) -> Action:
    heading = more.pop("heading", button)
    path = f"{_CASES}/{more.pop('verb', code)}"
    roles = more.pop("roles", MDT_OR_COORDINATOR)
    return Action(code, button, heading, done, About.CASE, TRIAGE, path, roles, is_offered, **more)


def _package(code: str, button: str, done: str, path: str, states: tuple[str, ...], **more: Any) -> Action:
    heading = more.pop("heading", button)
    return Action(
        code,
        button,
        heading,
        done,
        About.PACKAGE,
        CARE_PACKAGE,
        path,
        BROKER,
        _state(*states),
        needs_target=True,
        **more,
    )


ACTIONS: tuple[Action, ...] = (
    _referral("accept", "Accept the referral", "Referral accepted.", _state("received"), is_next_step=True),
    _referral(
        "query",
        "Ask the ward",
        "The ward has been asked.",
        _state("received", "accepted"),
        heading="Ask the ward for what is missing",
        form=referral_forms.QUERY,
    ),
    _referral(
        "answer",
        "Record the ward's answer",
        "The ward's answer is recorded.",
        _state("queried"),
        form=answer_forms.ANSWER,
        is_next_step=True,
    ),
    _referral(
        "readiness",
        "Change readiness",
        "Readiness recorded.",
        _state(*LIVE),
        heading="Is the person ready to leave hospital?",
        form=referral_forms.READINESS,
    ),
    _referral(
        "decline",
        "Decline",
        "Referral declined.",
        _state("received", "queried"),
        form=referral_forms.DECLINE,
        heading="Decline the referral",
        submit="Decline the referral",
    ),
    _referral(
        "withdraw",
        "Withdraw",
        "Referral withdrawn.",
        _state(*LIVE),
        form=referral_forms.WITHDRAW,
        heading="Withdraw the referral",
        submit="Withdraw the referral",
    ),
    _referral(
        "close",
        "Close",
        "Referral closed.",
        _state("accepted"),
        form=referral_forms.CLOSE,
        heading="Close the referral",
        submit="Close the referral",
    ),
    _referral("take", "Take it", "You have it now.", _state(*LIVE), path=f"{_REFERRALS}/assign", roles=COORDINATOR),
    _referral(
        "note",
        "Add a note",
        "Note added.",
        lambda _: True,
        path="/api/v1/notes",
        roles=ALL_STAFF,
        form=referral_forms.NOTE,
    ),
    _case(
        "decide",
        "Decide the pathway",
        "Decision recorded.",
        _is_workable,
        verb="decision",
        roles=MDT,
        is_next_step=True,
        submit="Record the decision",
    ),
    _case(
        "assess",
        "Record an assessment",
        "Assessment recorded.",
        _is_workable,
        verb="assessments",
        roles=MDT,
        form=case_forms.ASSESSMENT,
    ),
    _case(
        "return",
        "Ask the ward",
        "The ward has been asked.",
        _is_workable,
        roles=MDT,
        heading="Ask the ward for what is missing",
        form=case_forms.RETURN,
    ),
    _case(
        "target",
        "Change the target date",
        "Target date changed.",
        _state("open", "assessing", "decided"),
        form=case_forms.TARGET,
    ),
    _case(
        "reopen",
        "Decide again",
        "The case is open again.",
        _state("decided"),
        form=case_forms.REOPEN,
        heading="Open the case for a new decision",
    ),
    _package(
        "offer-accept",
        "Provider accepts",
        "The provider's answer is recorded.",
        f"{_OFFERS}/accept",
        ("sent",),
        heading="Record that the provider accepts",
        form=package_forms.OFFER_ACCEPT,
        is_next_step=True,
    ),
    _package(
        "offer-decline",
        "Provider declines",
        "The provider's answer is recorded.",
        f"{_OFFERS}/decline",
        ("sent",),
        heading="Record that the provider declines",
        form=package_forms.OFFER_DECLINE,
    ),
    _package("start", "Care has started", "Start of care recorded.", f"{_LINES}/start", ("agreed",), is_next_step=True),
    _package(
        "fell-through",
        "Fell through",
        "Looking for a provider again.",
        f"{_LINES}/fell-through",
        ("agreed",),
        heading="The agreed care fell through",
        form=package_forms.FELL_THROUGH,
    ),
    _package(
        "hand-back",
        "Handed back",
        "Looking for a provider again.",
        f"{_LINES}/hand-back",
        ("started",),
        heading="The provider hands the care back",
        form=package_forms.HAND_BACK,
    ),
    _package("end", "Care has ended", "End of care recorded.", f"{_LINES}/end", ("started",), form=package_forms.END),
    _package(
        "cancel",
        "Cancel this care",
        "This care is cancelled.",
        f"{_LINES}/cancel",
        ("brokering", "unfilled", "agreed"),
        submit="Cancel this care",
        form=package_forms.CANCEL,
    ),
    _package(
        "resume", "Look again", "Looking for a provider again.", f"{_LINES}/resume", ("unfilled",), is_next_step=True
    ),
)
BY_CODE: Mapping[str, Action] = {action.code: action for action in ACTIONS}


def offered(about: About, resource: Resource | None, role: str) -> list[Action]:
    """The actions on a thing in its present state that this role may do; the services check it again."""
    return [
        action
        for action in ACTIONS
        if resource is not None and action.about is about and role in action.roles and action.is_offered(resource)
    ]
