"""Commands over HTTP: one transaction each, done once however often they are sent, refused when out of date."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from homeward_kit.callers import Caller
from homeward_kit.database import Database, Tx, lock_number
from homeward_kit.problems import Problem

WAIT_SECONDS = 2
KEPT_DAYS = 7
_LOCK_NOT_AVAILABLE = "55P03"
_VERSION = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answers: the resource as GET gives it, its version and its address."""

    body: BaseModel | str  # a string: JSON already
    status: int = 200
    version: int | None = None
    location: str | None = None
    event_ids: Sequence[UUID] | None = None  # where not all of the transaction's are its own
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request that may be sent again, known by digests."""

    request: bytes  # of caller, method, path and key
    body: bytes

    @property
    def lock_number(self) -> int:
        """Of the lock that a request holds while it is being done."""
        return int.from_bytes(self.request[:8], signed=True)


async def run_command(request: Request, caller: Caller, work: Callable[[Tx], Awaitable[Answer]]) -> Response:
    """Run `work` in a transaction of the caller's and answer what it did.

    With an `Idempotency-Key` the answer is stored in the same transaction and given again for seven days to the same
    caller, method, path and body; another body is refused (422). A repeat that arrives while the first still runs
    waits for it, two seconds at most (409). The stored answer comes before any check of `If-Match`, which is `work`'s.
    A command that fails stores nothing.
    """
    return await run_once(request.app.state.database, caller, await repeatable_of(request, caller), work)


async def run_once(
    database: Database, caller: Caller, repeatable: Repeatable | None, work: Callable[[Tx], Awaitable[Answer]]
) -> Response:
    """As `run_command`, without the request."""
    async with database.transaction(actor=caller.subject, place="command") as tx:
        if repeatable and (stored := await _claim(tx, repeatable)):
            return stored
        response = response_of(await work(tx), tx)
        if repeatable:
            await _store(tx, repeatable, response)
        return response


def check_version(request: Request, current: int) -> None:
    """Compare `If-Match` with the version that is there: 428 when it is not given, 412 when it is another."""
    given = request.headers.get("if-match")
    if given is None:
        raise Problem(
            428,
            "version_needed",
            "Say which version you saw",
            "Send the version you saw in If-Match (the ETag of your last read), so that nobody's change is lost.",
            extra={"current_version": current},
        )
    match = _VERSION.fullmatch(given.strip())
    if match is None or int(match.group(1)) != current:
        raise Problem(
            412,
            "version_conflict",
            "Changed meanwhile",
            "Somebody changed this since you read it. Read it again, then decide whether your change is still right.",
            extra={"current_version": current, "given_version": int(match.group(1)) if match else None},
        )


async def forget_old_answers(tx: Tx) -> int:
    """Remove the answers older than seven days; how many there were."""
    removed = await tx.execute(
        f"DELETE FROM idempotency_keys WHERE made_at < now() - interval '{KEPT_DAYS} days'"  # noqa: S608
    )
    return removed.rowcount


async def repeatable_of(request: Request, caller: Caller) -> Repeatable | None:
    """The request's Idempotency-Key as what is kept of it."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= 255:
        raise Problem(
            400,
            "idempotency_key_malformed",
            "Idempotency-Key too long or empty",
            "Send an Idempotency-Key of 1 to 255 characters, such as a UUID.",
        )
    scope = json.dumps([caller.subject, request.method, request.scope["path"], key])
    return Repeatable(sha256(scope.encode()).digest(), sha256(await request.body()).digest())


# The lock is waited for while another transaction does the same request; then its answer can be seen.
_WAIT = "SELECT set_config('lock_timeout', :wait, true), pg_advisory_xact_lock(:number)"
# A row too old to be repeated is taken over as if it were not there.
_CLAIM = f"""
INSERT INTO idempotency_keys (request, body) VALUES (:request, :body)
ON CONFLICT (request) DO UPDATE
SET body = excluded.body, status = NULL, headers = NULL, answer = NULL, made_at = now()
WHERE idempotency_keys.made_at < now() - interval '{KEPT_DAYS} days'
RETURNING request
"""  # noqa: S608 — a constant of ours


async def _claim(tx: Tx, repeatable: Repeatable) -> Response | None:
    """Take the key for this transaction (None), or the answer it had."""
    try:
        await tx.execute(_WAIT, {"wait": f"{WAIT_SECONDS}s", "number": repeatable.lock_number})
        claimed = await tx.execute(_CLAIM, {"request": repeatable.request, "body": repeatable.body})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise _still_running() from error
        raise
    await tx.execute("SELECT set_config('lock_timeout', '0', true)")
    if claimed.one_or_none() is not None:
        return None
    row = (
        await tx.execute(
            "SELECT body, status, headers, answer FROM idempotency_keys WHERE request = :request",
            {"request": repeatable.request},
        )
    ).one()
    if row.body != repeatable.body:
        raise Problem(
            422,
            "idempotency_key_reused",
            "Idempotency-Key used before",
            "This Idempotency-Key was used with another body. Use a new one for a new request.",
        )
    return Response(row.answer, row.status, row.headers)


async def _store(tx: Tx, repeatable: Repeatable, response: Response) -> None:
    await tx.execute(
        "UPDATE idempotency_keys SET status = :status, headers = CAST(:headers AS jsonb), answer = :answer"
        " WHERE request = :request",
        {"request": repeatable.request, **_stored(response)},
    )


# Who commits between the look-up and the locks makes the transaction that asks fail, which is rare and harmless.
_CLAIM_AT_ONCE = """
SELECT request, NULL::bigint AS number FROM idempotency_keys WHERE request = ANY(:requests)
UNION ALL
SELECT NULL, number FROM set_config('lock_timeout', :wait, true), unnest(CAST(:numbers AS bigint[])) AS number
WHERE NOT pg_try_advisory_xact_lock(number)
"""


async def claim_at_once(tx: Tx, repeatables: Sequence[Repeatable], keys: Iterable[str]) -> tuple[set[bytes], set[str]]:
    """Claim requests and lock keys for this transaction without waiting for anybody.

    Returns the requests that were done before or are being done by another, and the keys that another holds. From here
    on the transaction waits two seconds at most for any lock.
    """
    by_number: dict[int, bytes | str] = {lock_number(key): key for key in keys}
    by_number |= {one.lock_number: one.request for one in repeatables}
    rows = await tx.execute(
        _CLAIM_AT_ONCE,
        {"requests": [one.request for one in repeatables], "numbers": list(by_number), "wait": f"{WAIT_SECONDS}s"},
    )
    found = {row.request or by_number[row.number] for row in rows}
    tx.own(*(key for key in by_number.values() if isinstance(key, str) and key not in found))
    return {one for one in found if isinstance(one, bytes)}, {one for one in found if isinstance(one, str)}


def add_answer(tx: Tx, repeatable: Repeatable, response: Response) -> None:
    """Store the answer of a request that this transaction has claimed, when the transaction ends."""
    tx.add_row("idempotency_keys", {"request": repeatable.request, "body": repeatable.body, **_stored(response)})


def _stored(response: Response) -> dict[str, Any]:  # Any: values of columns
    return {
        "status": response.status_code,
        "headers": json.dumps({k: v for k, v in response.headers.items() if k != "content-length"}),
        "answer": bytes(response.body).decode(),
    }


def response_of(answer: Answer, tx: Tx) -> Response:
    """The answer with its headers."""
    event_ids = tx.event_ids if answer.event_ids is None else answer.event_ids
    headers = {"Homeward-Events": ",".join(str(event_id) for event_id in event_ids)}
    if answer.version is not None:
        headers["ETag"] = f'"{answer.version}"'
    if answer.location is not None:
        headers["Location"] = answer.location
    body = answer.body if isinstance(answer.body, str) else answer.body.model_dump_json()
    return Response(body, answer.status, headers, media_type=answer.media_type)


def _still_running() -> Problem:
    return Problem(
        409,
        "still_running",
        "Still being done",
        "The same request is still being done. Wait a moment and send it again with the same Idempotency-Key.",
        headers={"Retry-After": "1"},
    )
