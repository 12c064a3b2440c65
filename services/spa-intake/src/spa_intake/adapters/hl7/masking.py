"""A message's shape without its values, for those who need to see how it is built."""

import re

_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_SEPARATORS = "|^~\\&"
_VALUE = re.compile(r"[^|^~\\&]+")


def masked(raw: bytes) -> list[str]:
    """Each segment with a star for every value; lines that are no segments are a star each.

    With separators of its own a message is all values, and shows as one star a segment.
    """
    lines = [line for line in re.split(r"\r\n|\r|\n", raw.decode("iso-8859-1")) if line.strip("\x0b\x1c ")]
    return [_masked(line.lstrip("\x0bï»¿")) for line in lines]  # a byte order mark as Latin-1 reads it


def _masked(line: str) -> str:
    name = line[:3]
    if not _SEGMENT.fullmatch(name):
        return "*"
    if name == "MSH" and line[3:8] == _SEPARATORS:
        return line[:8] + _VALUE.sub("*", line[8:])
    return name + _VALUE.sub("*", line[3:])
