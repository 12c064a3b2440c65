"""The acknowledgements of a message: what was made of it, to whom, and about which control id."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from homeward_kit.values import LONDON
from spa_intake.adapters.hl7.message import CHARACTER_SETS, Hl7Message
from spa_intake.adapters.hl7.movement import LONGEST_CONTROL_ID
from spa_intake.adapters.hl7.refusal import Acknowledgement, Condition, Hl7Refusal

MEDIA_TYPE = "x-application/hl7-v2+er7"
DEFAULT_VERSION = "2.4"
FIRST_WITH_ERR_2 = "2.5"
_VERSION = re.compile(r"2\.[0-9](\.[0-9])?")
_PLAIN = re.compile(r"[A-Za-z0-9 ._/:-]{1,200}")
_ESCAPES = {"|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "\\": "\\E\\", "&": "\\T\\"}
_UNSAFE = re.compile(r"[|^~\\&\r\n]")


class Wish(StrEnum):
    """When a sender wants an acknowledgement (HL7 table 0155)."""

    ALWAYS = "AL"
    NEVER = "NE"
    ON_ERROR = "ER"
    ON_SUCCESS = "SU"

    def is_for(self, *, is_success: bool) -> bool:
        return self is Wish.ALWAYS or self is (Wish.ON_SUCCESS if is_success else Wish.ON_ERROR)


@dataclass(frozen=True)
class Answers:
    """What a sender is told: of the receipt (only in enhanced mode), and of what became of the message."""

    receipt: bytes | None
    application: bytes | None

    @property
    def in_order(self) -> tuple[bytes, ...]:
        return tuple(answer for answer in (self.receipt, self.application) if answer is not None)

    @property
    def one(self) -> bytes:
        """For a door through which only one can go: the one that says more; nothing where none is wanted."""
        return self.application or self.receipt or b""


def acknowledgements(message: Hl7Message | None, refusal: Hl7Refusal | None, now: datetime, note: str = "") -> Answers:
    """What is told of a message (None: it could not even be read), as MSH-15 and MSH-16 ask for.

    With neither it is one acknowledgement, as of old. An error is never silent while either is wanted: where no
    application acknowledgement tells of it, the one of the receipt does (CE, not CA).
    """
    field = _Echo(message)

    def written(code: Acknowledgement) -> bytes:
        text = _acknowledgement(field, code, refusal if code not in _SUCCESSES else None, now, note)
        return text.encode(message.encoding if message else "utf-8", "replace")

    code = refusal.acknowledgement if refusal else Acknowledgement.ACCEPTED
    if not field.is_enhanced:
        return Answers(None, written(code))
    is_told = field.wish(16).is_for(is_success=refusal is None)
    commit = _COMMIT[code]
    if code is Acknowledgement.ERROR and is_told:
        commit = Acknowledgement.COMMIT_ACCEPTED
    is_receipt_wanted = field.wish(15).is_for(is_success=commit is Acknowledgement.COMMIT_ACCEPTED)
    return Answers(written(commit) if is_receipt_wanted else None, written(code) if is_told else None)


_SUCCESSES = {Acknowledgement.ACCEPTED, Acknowledgement.COMMIT_ACCEPTED}
_COMMIT = {
    Acknowledgement.ACCEPTED: Acknowledgement.COMMIT_ACCEPTED,
    Acknowledgement.ERROR: Acknowledgement.COMMIT_ERROR,
    Acknowledgement.REJECTED: Acknowledgement.COMMIT_REJECTED,
}


def _acknowledgement(
    field: "_Echo", code: Acknowledgement, refusal: Hl7Refusal | None, now: datetime, note: str
) -> str:
    no_more = Wish.NEVER if field.is_enhanced else ""  # nobody acknowledges an acknowledgement
    header = [
        "MSH", "^~\\&", field.of(5), field.of(6), field.of(3), field.of(4), _stamp(now), "",
        "^".join(part for part in ("ACK", field.of(9, 2), "ACK") if part), uuid4().hex[:20], field.mode(),
        field.version(), "", "", no_more, no_more, "", field.character_set(),
    ]  # fmt: skip
    segments = [header, ["MSA", code, field.control_id(), _UNSAFE.sub(" ", refusal.reason if refusal else note)]]
    if refusal:
        segments.append(_error(refusal, field.version()))
    return "".join("|".join(segment).rstrip("|") + "\r" for segment in segments)


class _Echo:
    """Fields of the message's own header, sent back only when nothing in them could break or leak."""

    def __init__(self, message: Hl7Message | None) -> None:
        self._message = message

    def of(self, field: int, component: int = 1) -> str:
        text = self._message.get("MSH", field, component) if self._message else None
        return text if text and _PLAIN.fullmatch(text) else ""

    def control_id(self) -> str:
        """MSH-10 as it came, whatever it is made of: the sender knows its message by it."""
        text = (self._message.get("MSH", 10) if self._message else None) or ""
        escaped = "".join(_ESCAPES.get(each, each) for each in text)
        return "".join(each for each in escaped if each.isprintable())[:LONGEST_CONTROL_ID]

    def mode(self) -> str:
        """Production, training or debugging; whatever else stands there is not sent back."""
        text = self.of(11)
        return text if text in {"P", "T", "D"} else "P"

    def version(self) -> str:
        text = self.of(12)
        return text if _VERSION.fullmatch(text) else DEFAULT_VERSION

    @property
    def is_enhanced(self) -> bool:
        """Whether the sender says which acknowledgements it wants; what is not in the table says nothing."""
        return any(self.of(number).upper() in set(Wish) for number in (15, 16))

    def wish(self, number: int) -> Wish:
        """In enhanced mode what is not asked for is not wanted."""
        said = self.of(number).upper()
        return Wish(said) if said in set(Wish) else Wish.NEVER

    def character_set(self) -> str:
        """As it was named, when it is one we read; a damaged message may have a birth date there."""
        text = self.of(18)
        return text if text.upper() in CHARACTER_SETS else ""


def _error(refusal: Hl7Refusal, version: str) -> list[str]:
    """ERR as of version 2.5: location, condition, severity, and a sentence for the person who reads it.

    Systems of older versions look into ERR-1, so it is there for them.
    """
    segment, _, field = (refusal.location or "").partition("-")
    field, _, component = field.partition(".")
    location = "^".join([segment, "1", field, "1" if component else "", component]).rstrip("^")
    condition = f"{refusal.condition}^{_name(refusal.condition)}^HL70357"
    name = f"{refusal.condition}&{_name(refusal.condition)}&HL70357"
    older = "^".join([segment, "1" if segment else "", field, name]) if version < FIRST_WITH_ERR_2 else ""
    return ["ERR", older, location if segment else "", condition, "E", "", "", "", _UNSAFE.sub(" ", refusal.reason)]


def _name(condition: Condition) -> str:
    return condition.name.replace("_", " ").capitalize()


def _stamp(now: datetime) -> str:
    return now.astimezone(LONDON).strftime("%Y%m%d%H%M%S%z")
