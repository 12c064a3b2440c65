"""The acknowledgement of a message: what was made of it, to whom, and about which control id."""

import re
from datetime import datetime
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


def acknowledge(message: Hl7Message | None, refusal: Hl7Refusal | None, now: datetime, note: str = "") -> bytes:
    """The ACK for a message (None: it could not even be read): AA, or what the refusal says; in its character set."""
    text = _acknowledgement(_Echo(message), refusal, now, note)
    return text.encode(message.encoding if message else "utf-8", "replace")


def _acknowledgement(field: "_Echo", refusal: Hl7Refusal | None, now: datetime, note: str) -> str:
    code = refusal.acknowledgement if refusal else Acknowledgement.ACCEPTED
    header = [
        "MSH", "^~\\&", field.of(5), field.of(6), field.of(3), field.of(4), _stamp(now), "",
        "^".join(part for part in ("ACK", field.of(9, 2), "ACK") if part), uuid4().hex[:20], field.mode(),
        field.version(), "", "", "", "", "", field.character_set(),
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
