"""Bytes → an HL7 v2 message whose fields can be asked for; forgiving about framing, never about meaning."""

import re

import hl7

from spa_intake.adapters.hl7.refusal import Condition, Hl7Refusal, rejected

# The segments that are read. The others are left unparsed: they may be long, and nothing depends on them.
READ_SEGMENTS = ("MSH", "EVN", "PID", "PD1", "PV1", "MRG")
MLLP_START = b"\x0b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LINE_ENDS = re.compile(r"\r\n|\r|\n")
LONGEST_HEADERS = 40_000  # characters in the segments that are read: python-hl7 takes 7 ms for a thousand fields
# MSH-18 (HL7 table 0211 and what feeds write instead) and its Python codec; without it UTF-8 is tried first.
CHARACTER_SETS = {
    "8859/1": "iso-8859-1", "ISO-8859-1": "iso-8859-1", "ISO8859-1": "iso-8859-1",
    "8859/15": "iso-8859-15", "ISO-8859-15": "iso-8859-15", "WINDOWS-1252": "cp1252", "CP1252": "cp1252",
    "ASCII": "utf-8", "UNICODE": "utf-8", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UTF8": "utf-8", "": "utf-8",
}  # fmt: skip
NULL = '""'  # HL7's way to say "delete what you have"


class Hl7Message:
    """A parsed message. A field that is absent, empty or null is None."""

    def __init__(self, text: str, parsed: hl7.Message, encoding: str) -> None:
        self.text = text
        self.encoding = encoding  # to answer in
        self._segments: dict[str, hl7.Segment] = {str(segment[0][0]): segment for segment in parsed}
        self._escapes = _Escapes(text[3:8])

    def has(self, segment: str) -> bool:
        return segment in self._segments

    def get(self, segment: str, field: int, component: int = 1, repeat: int = 1) -> str | None:
        """The first subcomponent of a component, unescaped, without white space around it."""
        found: object = self._segments.get(segment, [])
        for index in (field, repeat - 1, component - 1, 0):
            found = _at(found, index)
        text = self._escapes.undo(str(found)).strip()
        return text if text and text != NULL else None

    def is_null(self, segment: str, field: int) -> bool:
        """Whether the sender says to delete what was known, which is more than saying nothing."""
        return str(_at(self._segments.get(segment, []), field)).strip() == NULL

    def repeats(self, segment: str, field: int) -> int:
        """How often a field is repeated in the message."""
        found = _at(self._segments.get(segment, []), field)
        return len(found) if isinstance(found, list) else 0

    @property
    def kind(self) -> tuple[str | None, str | None]:
        """Message type and trigger event by MSH-9; EVN-1 contradicts it in many feeds and is never asked."""
        return self.get("MSH", 9, 1), self.get("MSH", 9, 2)


class _Escapes:
    """Escape sequences undone here: python-hl7 does it too, but logs what it cannot read, which may name a person."""

    def __init__(self, separators: str) -> None:
        field, component, repetition, escape, subcomponent = tuple(separators)
        self._plain = {"F": field, "S": component, "R": repetition, "E": escape, "T": subcomponent, ".br": "\n"}
        mark = re.escape(escape)
        self._sequence = re.compile(f"{mark}([^{mark}]{{1,20}}){mark}")

    def undo(self, text: str) -> str:
        """Other sequences (highlighting, character sets, raw bytes) are left out: no value that is read has them."""
        return self._sequence.sub(lambda found: self._plain.get(found[1], ""), text)


def _at(container: object, index: int) -> object:
    """python-hl7 nests lists only as deep as a field has separators: a plain text is its own first part."""
    if isinstance(container, list):
        return container[index] if index < len(container) else ""
    return container if index == 0 else ""


def read_message(body: bytes) -> Hl7Message:
    """The one message in a body, whatever its line ends, byte order mark or MLLP frame."""
    return _parse(*_lines(body))


def read_header(body: bytes) -> Hl7Message | None:
    """The MSH segment alone, to acknowledge a message that cannot be read as a whole."""
    try:
        lines, encoding = _lines(body, is_strict=False)
        return _parse(lines[:1], encoding)
    except Hl7Refusal:
        return None


def each_person(message: Hl7Message) -> list[Hl7Message]:
    """A message that tells of several people (a PID segment each) as one message for each of them."""
    lines = message.text.split("\r")
    starts = [number for number, line in enumerate(lines) if line.startswith("PID")]
    header = lines[: starts[0]] if starts else lines
    ends = [*starts[1:], len(lines)]
    return [_parse([*header, *lines[a:z]], message.encoding) for a, z in zip(starts, ends, strict=True)]


def _lines(body: bytes, *, is_strict: bool = True) -> tuple[list[str], str]:
    text, encoding = _decode(body.strip(b" \t").removeprefix(MLLP_START).rstrip(b"\x1c\r\n \t"), is_strict=is_strict)
    return [line for line in LINE_ENDS.split(text) if line.strip()], encoding


def _parse(lines: list[str], encoding: str) -> Hl7Message:
    if not lines or not lines[0].startswith("MSH") or len(lines[0]) < len("MSH|^~\\&|"):
        raise rejected(Condition.SEGMENT_MISSING, "The message must begin with an MSH segment.", "MSH")
    if any(line.startswith("MSH") for line in lines[1:]):
        raise rejected(Condition.SEGMENT_MISSING, "Send one message at a time, not a batch.", "MSH")
    separators = lines[0][3:8]
    if len(set(separators)) < len(separators) or any(each.isalnum() or each.isspace() for each in separators):
        raise rejected(Condition.DATA_TYPE, "MSH-1 and MSH-2 must hold five different separators.", "MSH-2")
    wanted = _first_of_each([line for line in lines if line[:3] in READ_SEGMENTS])
    if sum(map(len, wanted)) > LONGEST_HEADERS:
        raise rejected(Condition.DATA_TYPE, "The segments about the person and the stay are too long.")
    try:
        parsed = hl7.parse("\r".join(wanted))
    except Exception:  # noqa: BLE001 — python-hl7 raises many kinds on malformed text; all mean the same
        raise rejected(Condition.DATA_TYPE, "The message cannot be read as HL7 v2.") from None
    return Hl7Message("\r".join(lines), parsed, encoding)


def _first_of_each(lines: list[str]) -> list[str]:
    first: dict[str, str] = {}
    for line in lines:
        first.setdefault(line[:3], line)
    return list(first.values())


def _decode(body: bytes, *, is_strict: bool) -> tuple[str, str]:
    """By MSH-18, else as UTF-8, else (many feeds name none) as Windows-1252; and the codec that was used."""
    body = body.removeprefix(BYTE_ORDER_MARK)
    if b"\x00" in body and is_strict:
        raise rejected(Condition.DATA_TYPE, "The message holds the character NUL.")
    body = body.replace(b"\x00", b"")
    named = _character_set(body)
    encoding = CHARACTER_SETS.get(named.upper())
    if encoding is None and is_strict and not body.isascii():
        raise rejected(Condition.TABLE_VALUE, "Send the message in UTF-8 (UNICODE UTF-8), 8859/1 or 8859/15.", "MSH-18")
    for codec in (encoding or "utf-8", "cp1252"):
        try:
            return body.decode(codec), codec
        except UnicodeDecodeError:
            continue
    return body.decode("iso-8859-1"), "iso-8859-1"


def _character_set(body: bytes) -> str:
    """The first repetition of MSH-18."""
    header = body[:1000].split(b"\r", 1)[0].split(b"\n", 1)[0]
    fields = header.split(body[3:4]) if len(body) > len(b"MSH|") else []
    if len(fields) <= len("MSH has 17 fields"):
        return ""
    return fields[17].split(body[5:6] or b"~")[0].decode("ascii", "replace").strip()
