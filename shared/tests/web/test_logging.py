"""Log lines are JSON with the trace's number; what carries values never reaches them."""

import asyncio
import gc
import io
import json
import logging as standard
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from homeward_kit import logging, telemetry
from homeward_kit.database import Database
from homeward_kit.problems import Problem
from homeward_kit.values import Refusal

SECRET = "Zebedee"


class Lines:
    """A process's standard output and error."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.err = io.StringIO()

    def read(self) -> list[dict[str, Any]]:
        """What was logged; anything on standard error, or the secret anywhere, is a fault."""
        assert self.err.getvalue() == ""
        assert SECRET not in self.out.getvalue()
        return [json.loads(line) for line in self.out.getvalue().splitlines()]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    root = standard.getLogger()
    handlers, level, hook, configured = root.handlers, root.level, sys.excepthook, structlog.get_config()
    lines = Lines()
    monkeypatch.setattr(sys, "stdout", lines.out)
    monkeypatch.setattr(sys, "stderr", lines.err)
    logging.setup("triage")
    yield lines
    standard.captureWarnings(capture=False)
    root.handlers, sys.excepthook = handlers, hook
    root.setLevel(level)
    structlog.configure(**configured)


class NoRoomRefusal(Refusal):
    code = "no_room"
    message = "There is no room. Ask again tomorrow."


class Person(BaseModel):
    born: int


def test_a_line_has_its_event_service_and_facts(lines: Lines) -> None:
    log = logging.get_logger("x")
    log.info("thing_made", count=2, thing_id=uuid4())
    log.debug("too_much")
    [line] = lines.read()
    assert (line["event"], line["level"], line["service"], line["count"]) == ("thing_made", "info", "triage", 2)
    assert line["timestamp"].endswith("Z")


def test_the_line_of_a_request_is_as_a_logger_writes_it(lines: Lines) -> None:
    facts = {"method": "GET", "route": "/api/v1/things/{thing_id}", "status": 200, "ms": 1.5}
    with telemetry.burst():
        telemetry.set_referral(uuid4())
        logging.get_logger("x").info("http_request", **facts)
        logging.log_request(**facts)
    expected, line = lines.read()
    assert line.keys() == expected.keys()
    for name in line.keys() - {"timestamp"}:
        assert line[name] == expected[name]
    assert len(line["timestamp"]) == len(expected["timestamp"])
    standard.getLogger().setLevel("WARNING")
    logging.log_request(**facts)
    assert len(lines.read()) == 2


def test_the_brokers_client_does_not_flood_the_log(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    client = standard.getLogger("aiokafka.client")

    def complain() -> None:
        for node in range(100):
            client.error("Unable to connect to node %s", node)
        client.error("Something else")

    complain()
    begun = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: begun + 11)
    complain()
    first, other = "Unable to connect to node 0", "Something else"
    assert [line["event"] for line in lines.read()] == [first, other, first, other]


def test_a_line_inside_a_span_has_its_trace(lines: Lines) -> None:
    with telemetry.span("x", parent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        telemetry.set_referral(uuid4())
        logging.get_logger("x").info("thing_made")
    [line] = lines.read()
    assert line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert line["referral_id"]


def test_an_exceptions_message_is_left_out_with_its_causes(lines: Lines) -> None:
    log = logging.get_logger("x")
    try:
        try:
            Person.model_validate({"born": SECRET})
        except ValueError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError:
        log.exception("failed", error=ValueError(SECRET))
        standard.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    for line in lines.read():
        assert line["exception"]["type"] == "builtins.RuntimeError"
        assert line["exception"]["cause"]["type"].endswith("ValidationError")
        assert line["exception"]["frames"]


def test_messages_made_to_be_read_are_kept(lines: Lines) -> None:
    log = logging.get_logger("x")
    for error in (NoRoomRefusal(), Problem(409, "full", "Full", "Full."), ConnectionRefusedError(111, "refused")):
        log.error("failed", exc_info=error)
    messages = [line["exception"]["message"] for line in lines.read()]
    assert messages == ["no_room", "409 full", "[Errno 111] refused"]


async def test_a_database_error_says_its_code_and_not_the_value(lines: Lines, database: Database) -> None:
    for _ in range(2):
        try:
            async with database.transaction() as tx:
                await tx.execute("INSERT INTO things VALUES (:id, :name)", {"id": uuid4(), "name": SECRET})
        except IntegrityError:
            logging.get_logger("x").exception("failed")
    [line] = [line for line in lines.read() if line["event"] == "failed"]
    assert line["exception"]["sqlstate"] == "23505"


def test_other_libraries_lines_keep_their_first_line_only(lines: Lines) -> None:
    other = standard.getLogger("other")
    other.warning("no connection to %s", "127.0.0.1:9092")
    other.warning("failed: %s", ValueError(SECRET))
    other.warning("found\n%s", SECRET)
    warning = warnings.formatwarning(f"odd\n{SECRET}", UserWarning, "x.py", 1)
    standard.getLogger("py.warnings").warning("%s", warning)  # as the standard library does
    standard.getLogger("uvicorn.access").info("GET /?name=%s", SECRET)
    first, second, third, fourth = lines.read()
    assert (first["event"], first["logger"]) == ("no connection to 127.0.0.1:9092", "other")
    assert second["event"] == "failed: ValueError"
    assert third["event"] == "found"
    assert fourth["logger"] == "py.warnings"


async def test_a_forgotten_tasks_error_is_logged_without_its_message(lines: Lines) -> None:
    async def fail() -> None:
        raise ValueError(SECRET)

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()
    [line] = lines.read()
    assert line["event"] == "Task exception was never retrieved"
    assert line["exception"]["type"] == "builtins.ValueError"


def test_the_last_error_of_a_process_is_logged_without_its_message(lines: Lines) -> None:
    error = ValueError(SECRET)
    sys.excepthook(type(error), error, error.__traceback__)
    assert [line["event"] for line in lines.read()] == ["process_failed"]
