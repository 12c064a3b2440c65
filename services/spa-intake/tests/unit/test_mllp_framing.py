import pytest
from hypothesis import given
from hypothesis import strategies as st

from spa_intake.adapters.mllp.framing import MOST_NOISE, Block, BlockReader, NoiseError, framed

BODIES = st.binary(max_size=60).map(lambda body: body.replace(b"\x0b", b"").replace(b"\x1c", b""))


def read(*chunks: bytes, longest: int = 1000) -> list[Block]:
    reader = BlockReader(longest)
    return [block for chunk in chunks for block in reader.feed(chunk)]


@given(st.lists(BODIES, max_size=5), st.data())
def test_messages_come_out_as_they_went_in_however_the_stream_is_cut(bodies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(framed(body) for body in bodies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    chunks = [stream[a:z] for a, z in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(*chunks) == [Block(body) for body in bodies]


@pytest.mark.parametrize("ending", [b"\x1c\r", b"\x1c", b"\x1c\r\n", b"\x1c\n", b"\x1c\r\r"])
def test_the_end_of_a_block_is_fs_whatever_follows(ending: bytes) -> None:
    assert read(b"\x0bone" + ending + b"\x0btwo" + ending) == [Block(b"one"), Block(b"two")]


def test_a_block_that_is_begun_anew_counts_once() -> None:
    assert read(b"\x0bcut of", b"f\x0bwhole\x1c\r") == [Block(b"whole")]


def test_of_a_block_that_is_too_long_the_beginning_is_known() -> None:
    blocks = read(framed(b"short"), b"\x0bMSH|" + b"x" * 50, b"x" * 50, longest=60)
    assert [block.is_too_long for block in blocks] == [False, True]
    assert blocks[1].body.startswith(b"MSH|")
    assert read(framed(b"x" * 60), longest=60) == [Block(b"x" * 60)]


def test_another_protocol_is_noticed() -> None:
    assert read(b"GET / HTTP/1.1\r\n\r\n") == []
    with pytest.raises(NoiseError):
        read(b"x" * (MOST_NOISE + 1))
    assert len(read(*[b"  " + framed(b"one") + b" "] * MOST_NOISE)) == MOST_NOISE


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(stream: bytes) -> None:
    for block in read(stream[:200], stream[200:], longest=100):
        assert len(block.body) <= 101 or block.is_too_long
