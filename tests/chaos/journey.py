"""One person's way from the ward to their home and, for some, back: played against services that are being killed."""

import asyncio
import json
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from homeward_local.demo import fhir, hl7
from homeward_local.demo.people import Person
from homeward_local.demo.rest import referral_body
from homeward_local.demo.sending import HL7_CONTENT_TYPE
from homeward_local.demo.ways import Way

from .caller import Caller, Message, NotAnswered, Refused
from .history import Outcome, Promise, Submit

INTAKE = "spa-intake"
STAY_BEFORE_REFERRAL = timedelta(days=3)
LONGEST_POLL = 1.0
# Any: JSON of the services
Json = dict[str, Any]
FindSubmit = Callable[[str], Awaitable[str | None]]


@dataclass(frozen=True)
class Plan:
    """What will happen to one person, drawn before it begins."""

    person: Person
    way: Way
    is_patient: bool  # the ward's system sends again until it is answered
    declined_first: bool  # the first provider says no
    is_discharged: bool
    comes_back: bool
    seed: int


def draw(chooser: random.Random, person: Person) -> Plan:
    """A person's plan; most go home, a third of those come back."""
    is_discharged = chooser.random() < 0.85
    return Plan(
        person=person,
        way=chooser.choice(tuple(Way)),
        is_patient=chooser.random() < 0.75,
        declined_first=chooser.random() < 0.5,
        is_discharged=is_discharged,
        comes_back=is_discharged and chooser.random() < 0.35,
        seed=chooser.randrange(2**32),
    )


class Journey:
    """The steps of a plan, each with a pause before it as people have."""

    def __init__(self, caller: Caller, plan: Plan, find_submit: FindSubmit) -> None:
        self._caller = caller
        self._plan = plan
        self._find_submit = find_submit  # asks the other side by telephone which referral a FHIR message made
        self._chooser = random.Random(plan.seed)
        self._admitted_at = datetime.now(UTC) - STAY_BEFORE_REFERRAL
        self.promise = Promise(plan.person.nhs_number, plan.is_discharged, plan.comes_back)

    async def play(self) -> None:
        """To its end; what it reached stands in its promise, whatever happens."""
        try:
            await self._admit(self._plan.person, self._admitted_at)
            referral_id = await self._refer()
            if referral_id is None:  # an impatient ward system: nobody knows whether there is a referral
                return
            self._caller.history.journeys.append(self.promise)
            await self._go_through(referral_id)
            self.promise.is_finished = True
        except (NotAnswered, Refused) as error:
            self.promise.trouble = str(error)

    async def _go_through(self, referral_id: str) -> None:
        steps: list[tuple[str, Callable[[str], Awaitable[None]]]] = [
            ("accepted", self._accept),
            ("assessed", self._assess),
            ("decided", self._decide),
            ("agreed", self._answer_offers),
        ]
        if self._plan.is_discharged:
            steps += [("discharged", self._discharge), ("started", self._start)]
        if self._plan.comes_back:
            steps += [("readmitted", self._come_back)]
        for name, step in steps:
            await asyncio.sleep(self._chooser.uniform(0.05, 1.5))
            await step(referral_id)
            self.promise.reached = name

    async def _admit(self, person: Person, at: datetime) -> None:
        await self._send_adt(hl7.admission(person, at))

    async def _send_adt(self, message: bytes) -> None:
        await self._caller.command(
            INTAKE, "/api/v1/hl7/adt", "ward_system", Message(message, {"Content-Type": HL7_CONTENT_TYPE})
        )

    async def _refer(self) -> str | None:
        plan = self._plan
        submit = Submit(plan.person.nhs_number, plan.way, Outcome.UNKNOWN)
        self._caller.history.submits.append(submit)
        try:
            submit.referral_id = await (self._refer_by_fhir() if plan.way is Way.FHIR else self._refer_by_rest())
        except NotAnswered:
            return None
        except Refused:
            submit.outcome = Outcome.FAILED
            raise
        submit.outcome = Outcome.OK
        return submit.referral_id

    async def _refer_by_rest(self) -> str:
        """HL7 v2 knows no referral: a ward that speaks it has admitted by it, and refers in JSON."""
        body = referral_body(self._plan.person, datetime.now(UTC))
        message = Message(body, is_retried=self._plan.is_patient)
        answer = await self._caller.command(INTAKE, "/api/v1/referrals", "ward_system", message)
        return str(answer.json()["referral_id"])

    async def _refer_by_fhir(self) -> str:
        request_id = str(uuid.uuid4())
        headers = {
            "Content-Type": fhir.CONTENT_TYPE,
            "Accept": fhir.CONTENT_TYPE,
            "X-Request-Id": request_id,
            "X-Correlation-Id": str(uuid.uuid4()),
            "use-context": f"{fhir.USE_CASE}|referral|servicerequest-request|new",
        }
        body = json.dumps(fhir.referral_message(self._plan.person, datetime.now(UTC))).encode()
        message = Message(body, headers, is_retried=self._plan.is_patient)
        try:
            answer = await self._caller.command(INTAKE, "/fhir/R4/$process-message", "ward_system", message)
        except Refused as refused:
            if refused.kind != "duplicate":
                raise
            found = await self._find_submit(request_id)  # the answer was lost, and the repeat says it was taken
            if found is None:
                raise
            return found
        return str(answer.headers["Location"].rpartition("/")[2])

    async def _accept(self, referral_id: str) -> None:
        path = f"/api/v1/referrals/{referral_id}"

        async def read() -> Json | None:
            referral: Json = await self._caller.get(INTAKE, path, "coordinator")
            return referral

        await self._act(
            read, INTAKE, "coordinator", lambda seen: _unless(seen["state"] == "accepted", f"{path}/accept")
        )

    async def _assess(self, referral_id: str) -> None:
        def next_step(case: Json) -> "Step | None":
            path = f"/api/v1/cases/{case['case_id']}/assessments"
            return _unless(bool(case["assessments"]), path, {"findings": ["reablement_potential"]})

        await self._act(self._case_of(referral_id), "triage", "nurse", next_step)

    async def _decide(self, referral_id: str) -> None:
        def next_step(case: Json) -> "Step | None":
            participants = sorted({group[0] for group in case["quorum"]["needed"]} | {"nurse"})
            decision = {"pathway": case["suggestion"]["pathway"], "lines": None, "participants": participants}
            return _unless(bool(case["decisions"]), f"/api/v1/cases/{case['case_id']}/decision", decision)

        await self._act(self._case_of(referral_id), "triage", "nurse", next_step)

    async def _answer_offers(self, referral_id: str) -> None:
        """Providers answer until every line is agreed."""
        declines = 1 if self._plan.declined_first else 0

        def next_step(package: Json) -> "Step | None":
            offers = [offer for line in package["lines"] for offer in line["offers"]]
            waiting = next((offer for offer in offers if offer["state"] == "sent"), None)
            if waiting is None:
                return None
            path = f"/api/v1/offers/{waiting['offer_id']}"
            if sum(offer["state"] == "declined" for offer in offers) < declines:
                return Step(f"{path}/decline", {"reason": "no_capacity"})
            return Step(f"{path}/accept", {})

        await self._act(self._package_of(referral_id), "care-package", "broker", next_step, is_done=_all_agreed)

    async def _start(self, referral_id: str) -> None:
        def next_step(package: Json) -> "Step | None":
            line = next((line for line in package["lines"] if line["state"] == "agreed"), None)
            path = f"/api/v1/packages/{package['package_id']}/lines/{line['line_id']}/start" if line else ""
            return Step(path, {}) if line else None

        await self._act(self._package_of(referral_id), "care-package", "broker", next_step)

    async def _discharge(self, referral_id: str) -> None:
        await self._send_adt(hl7.discharge(self._plan.person, self._admitted_at, datetime.now(UTC)))
        await self._until(referral_id, "open")

    async def _come_back(self, referral_id: str) -> None:
        await asyncio.sleep(1.1)  # hospital systems know whole seconds: the stays must not touch
        await self._admit(self._plan.person.on_another_visit(), datetime.now(UTC))
        await self._until(referral_id, "readmitted")

    async def _until(self, referral_id: str, watch_state: str) -> None:
        async def read() -> Json | None:
            watch: Json | None = await self._caller.newest("readmission-monitor", "watches", "operator", referral_id)
            return watch if watch and watch["state"] == watch_state else None

        await self._poll(read)

    def _case_of(self, referral_id: str) -> "Read":
        return lambda: self._caller.newest("triage", "cases", "nurse", referral_id)

    def _package_of(self, referral_id: str) -> "Read":
        return lambda: self._caller.newest("care-package", "packages", "broker", referral_id)

    async def _act(
        self, read: "Read", service: str, role: str, next_step: "NextStep", is_done: "IsDone" = lambda _seen: True
    ) -> None:
        """Read, do the next step on the version that was read, and again until nothing is left to do."""
        while not self._caller.has_given_up:
            seen = await self._poll(read)
            step = next_step(seen)
            if step is not None:
                version = {"If-Match": f'"{seen["version"]}"'}  # 412: somebody was quicker, read again
                await self._caller.command(service, step.path, role, Message(step.body, version))
            elif is_done(seen):
                return
            else:
                await asyncio.sleep(LONGEST_POLL)
        raise NotAnswered("gave up")

    async def _poll(self, read: "Read") -> Json:
        pause = 0.15
        while (found := await read()) is None:
            if self._caller.has_given_up:
                raise NotAnswered("waited in vain")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL)
        return found


@dataclass(frozen=True)
class Step:
    """A command to send next."""

    path: str
    body: Json


Read = Callable[[], Awaitable[Json | None]]
NextStep = Callable[[Json], Step | None]
IsDone = Callable[[Json], bool]


def _unless(is_done: bool, path: str, body: Json | None = None) -> Step | None:  # noqa: FBT001 — reads best so
    return None if is_done else Step(path, body or {})


def _all_agreed(package: Json) -> bool:
    return all(line["state"] == "agreed" for line in package["lines"])
