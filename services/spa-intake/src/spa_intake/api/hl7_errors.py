"""Routes that a sender of HL7 is turned away from in HL7: AR, with the HTTP status of the refusal."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from homeward_kit import problems
from homeward_kit.problems import Problem
from spa_intake.adapters.hl7.acknowledgement import MEDIA_TYPE, acknowledgements
from spa_intake.adapters.hl7.message import read_header
from spa_intake.adapters.hl7.refusal import Condition, Hl7Refusal, rejected

TOO_LONG = "The message is too long."
_TEXT = {"schema": {"type": "string"}}
# What the documentation says of every answer that is no AA. Any: OpenAPI
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: problems.RESPONSES[status]
    | {"content": {MEDIA_TYPE: _TEXT, **problems.RESPONSES[status]["content"]}, "description": "AE or AR; or a problem"}
    for status in ("4XX", "5XX", 422)
}


class Hl7Route(APIRoute):
    """A route of the HL7 interface; a body is only read of a caller that is known."""

    # Any: the signature is FastAPI's.
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_in_hl7(request: Request) -> Response:
            try:
                return await answer(request)
            except Problem as problem:
                if problem.status not in {403, 429}:
                    raise
                refusal = rejected(Condition.UNKNOWN_KEY, problem.detail)
                return await _turned_away(request, problem.status, refusal, dict(problem.headers))
            except HTTPException as error:
                if error.status_code != 413:
                    raise
                refusal = rejected(Condition.DATA_TYPE, TOO_LONG)
                return await _turned_away(request, 413, refusal, {}, is_read=False)

        return answer_in_hl7


async def _turned_away(
    request: Request, status: int, refusal: Hl7Refusal, headers: dict[str, str], *, is_read: bool = True
) -> Response:
    try:
        header = read_header(await request.body()) if is_read else None
    except HTTPException:  # it is longer than may be read
        header = None
    answer = acknowledgements(header, refusal, request.app.state.database.clock.now()).one
    return Response(answer, status, headers, media_type=MEDIA_TYPE)
