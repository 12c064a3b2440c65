"""Logs: one JSON line an event on standard output, with the trace's number and never a person's data.

Standard-library logging (uvicorn, aiokafka, SQLAlchemy, asyncio) goes through the same renderer. Messages of
exceptions are left out unless the exception is one of ours that is made to be read: the others carry values.
"""

import json
import logging
import sys
import time
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from homeward_kit import telemetry
from homeward_kit.values import Refusal

_FRAMES = 30
# exceptions whose messages name rules, addresses or parts of the code
_SAY_NO_VALUES = (Refusal, OSError, NameError, AttributeError, ImportError)
_REPEATED_AFTER_SECONDS = 10.0
_NOISY = ("sqlalchemy", "aiokafka", "httpx", "httpcore", "opentelemetry", "asyncio", "uvicorn")

_service: str | None = None  # until setup() is called


def setup(service_name: str, level: str = "INFO") -> None:
    """Send every log line of the process through one renderer."""
    global _service  # noqa: PLW0603 — a process has one
    _service = service_name

    def add_service(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        line["service"] = service_name
        return line

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        _add_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(_name_errors)
    handler.addFilter(_Sparingly("aiokafka"))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_quiet_foreign, *shared],
            processors=[
                _describe_exception,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=_name_of_type),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    access = logging.getLogger("uvicorn.access")  # raw paths and query strings: our own line replaces it
    access.disabled = True
    access.propagate = False
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught


def log_request(**facts: Any) -> None:  # Any: JSON
    """The line of a request, as a logger would write it in ten times the time: there is one for each."""
    handlers = logging.getLogger().handlers
    if _service is None or len(handlers) != 1 or not isinstance(handlers[0], logging.StreamHandler):
        get_logger(__name__).info("http_request", **facts)
    elif logging.getLogger().isEnabledFor(logging.INFO):
        moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        facts |= {"event": "http_request", "level": "info", "timestamp": moment, "service": _service}
        handlers[0].stream.write(json.dumps(_add_trace(None, "info", facts)) + "\n")
        handlers[0].flush()


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger; the first argument of its methods is a stable event name, the rest coded facts."""
    # the wrapper class is the filtering logger set above; structlog types its getter as Any
    return cast("FilteringBoundLogger", structlog.get_logger(name))


def describe(error: BaseException) -> dict[str, Any]:  # Any: nested JSON
    """An exception for a log line: its type, frames and cause; its message only when made to be read."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    described: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, _SAY_NO_VALUES) or getattr(error, "is_made_to_be_read", False):
        described["message"] = str(error)
    if (state := getattr(getattr(error, "orig", error), "sqlstate", None)) is not None:
        described["sqlstate"] = state
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        described["cause"] = describe(cause)
    if isinstance(error, BaseExceptionGroup):
        described["exceptions"] = [describe(part) for part in error.exceptions]
    return described


def _add_trace(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    context = telemetry.current_span_context()
    if context.is_valid:
        line["trace_id"] = f"{context.trace_id:032x}"
        line["span_id"] = f"{context.span_id:016x}"
    if referral := telemetry.current_referral():
        line.setdefault("referral_id", referral)
    return line


def _quiet_foreign(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Another library's line: its first line only (asyncio and warnings print whole exceptions after it)."""
    record: logging.LogRecord = line["_record"]
    line["logger"] = record.name
    line["event"] = str(line["event"]).strip().split("\n", 1)[0]
    return line


def _name_errors(record: logging.LogRecord) -> bool:
    """Put an exception's type where another library would print its text."""
    if isinstance(record.args, tuple):
        record.args = tuple(type(a).__qualname__ if isinstance(a, BaseException) else a for a in record.args)
    return True


class _Sparingly:
    """Passes each message of one library once in ten seconds: it says the same many times a second in an outage."""

    def __init__(self, library: str) -> None:
        self._library = library
        self._passed: dict[object, float] = {}

    def __call__(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] != self._library:
            return True
        now = time.monotonic()
        message = (record.name, record.lineno)  # the place in the code: its texts name nodes and partitions
        if now - self._passed.get(message, -_REPEATED_AFTER_SECONDS) < _REPEATED_AFTER_SECONDS:
            return False
        self._passed[message] = now
        return True


def _describe_exception(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    found = line.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["exception"] = describe(error)
    line.pop("exception_text", None)
    line.pop("stack_info", None)
    return line


def _name_of_type(value: object) -> str:
    """Values that JSON does not know: an exception by its type, everything else as text."""
    return type(value).__qualname__ if isinstance(value, BaseException) else str(value)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    get_logger(__name__).critical("process_failed", exc_info=error)


# Until setup() is called: structlog's own default prints the local variables of every frame.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        _describe_exception,
        structlog.processors.JSONRenderer(default=_name_of_type),
    ]
)
