"""Referrals that wait to be received, whichever door they came by: many in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from fastapi import Request

from homeward_kit.commands import Answer
from homeward_kit.database import Database, Tx
from homeward_kit.group_commit import Command, GroupCommit
from homeward_kit.values import Refusal
from spa_intake.adapters.db import fhir_messages
from spa_intake.adapters.db.fhir_messages import Claim, Sent
from spa_intake.adapters.db.recognition import locks_of
from spa_intake.adapters.fhir import outcome
from spa_intake.domain.inputs import ReferralIn
from spa_intake.domain.person import identify
from spa_intake.domain.policy import Policy
from spa_intake.use_cases.receive_referral import Taken, receive_referrals

from .dependencies import policy_of


@dataclass(frozen=True, slots=True)
class Arrival:
    """A referral, and how its sender is answered once it is taken."""

    asked: ReferralIn
    answer: Callable[[Taken], Answer]
    message: Sent | None = None  # the FHIR message it came by


class Arrivals(GroupCommit[Arrival]):
    """The queue of one process."""

    def __init__(self, database: Database, policy: Policy) -> None:
        super().__init__(database, self._receive, self._locks_of)
        self._policy = policy

    def _locks_of(self, arrival: Arrival) -> Sequence[str]:
        asked = arrival.asked
        return locks_of(identify(asked.person, asked.facts.referring_organisation, self._policy))

    async def _receive(self, tx: Tx, commands: Sequence[Command[Arrival]]) -> list[Answer | Exception]:
        refused = await _refused_messages(tx, [command.asked for command in commands])
        let_in = [command for place, command in enumerate(commands) if place not in refused]
        outcomes = iter(
            await receive_referrals(
                tx, [command.asked.asked for command in let_in], self._policy, lambda place: let_in[place].begin(tx)
            )
        )
        return [
            refused[place] if place in refused else _answer(tx, command.asked, next(outcomes))
            for place, command in enumerate(commands)
        ]


async def _refused_messages(tx: Tx, arrivals: Sequence[Arrival]) -> dict[int, Exception]:
    """Which of them, by place, came by a FHIR message that was taken before or is being taken."""
    messages = {place: arrival.message for place, arrival in enumerate(arrivals) if arrival.message}
    if not messages:
        return {}
    claims = await fhir_messages.claim_all(tx, [(sent.sender, sent.request_id) for sent in messages.values()])
    answers = {Claim.TAKEN: outcome.duplicate, Claim.BEING_TAKEN: outcome.too_early}
    return {place: answers[claim]() for place, claim in zip(messages, claims, strict=True) if claim in answers}


def _answer(tx: Tx, arrival: Arrival, taken: Taken | Refusal) -> Answer | Exception:
    if isinstance(taken, Refusal):
        return taken
    if arrival.message is not None:
        fhir_messages.remember(tx, arrival.message, taken.referral.referral_id)
    return arrival.answer(taken)


def arrivals_of(request: Request) -> Arrivals:
    """The queue of this process; made when the first referral comes."""
    state = request.app.state
    if not hasattr(state, "arrivals"):
        state.arrivals = Arrivals(state.database, policy_of(request))
    return cast("Arrivals", state.arrivals)  # an application's state is untyped
