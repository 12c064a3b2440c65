"""MLLP blocks out of a stream of bytes, however it is cut: VT, the message, FS CR."""

from dataclasses import dataclass

START = b"\x0b"
END = b"\x1c"
CLOSING = b"\x1c\r"
MOST_NOISE = 1_000  # bytes between two blocks, beside line ends, after which it is another protocol that speaks
HEAD = 4_000  # enough of a message that is too long to read its header


class NoiseError(Exception):
    """What arrives is not MLLP."""


@dataclass(frozen=True)
class Block:
    """A message without its frame; of one that is too long only the beginning."""

    body: bytes
    is_too_long: bool = False


class BlockReader:
    """Feed it bytes as they come, take the blocks that are whole."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._body = bytearray()
        self._noise = 0
        self.is_inside = False  # a block has begun and is not whole yet

    def feed(self, data: bytes) -> list[Block]:
        """The blocks that these bytes complete. After one that is too long nothing more can be read; `is_inside` says
        whether its end is still to come. Raises NoiseError.

        FS ends a block whether or not CR follows; a VT inside a block begins it anew, for its sender has done so.
        """
        blocks: list[Block] = []
        position = 0
        while position < len(data):
            if not self.is_inside:
                position = self._skip_to_start(data, position)
                continue
            end = data.find(END, position)
            self._take(data[position : end if end >= 0 else len(data)])
            if len(self._body) > self._longest:
                self.is_inside = end < 0
                return [*blocks, Block(bytes(self._body[:HEAD]), is_too_long=True)]
            if end < 0:
                break
            blocks.append(Block(bytes(self._body)))
            self._body.clear()
            self._noise = 0
            self.is_inside = False
            position = end + 1
        return blocks

    def _skip_to_start(self, data: bytes, position: int) -> int:
        start = data.find(START, position)
        stop = start if start >= 0 else len(data)
        self._noise += len(data[position:stop].strip(b"\r\n"))
        if self._noise > MOST_NOISE:
            raise NoiseError
        self.is_inside = start >= 0
        return stop + 1

    def _take(self, piece: bytes) -> None:
        _, mark, rest = piece.rpartition(START)
        if mark:
            self._body.clear()
        self._body += rest


def framed(message: bytes) -> bytes:
    """A message as a block."""
    return START + message + CLOSING
