import base64
from uuid import UUID

import pytest

from spa_intake.adapters.sealing import KeysError, Sealer, UnsealingError, read_keys

OLD, NEW = b"o" * 32, b"n" * 32
ROW, OTHER = UUID(int=1), UUID(int=2)


def test_a_message_is_opened_by_the_key_it_was_sealed_with() -> None:
    sealed = Sealer({"old": OLD}).seal(ROW, b"text")
    rotated = Sealer({"new": NEW, "old": OLD})
    assert rotated.unseal(ROW, sealed) == b"text"
    assert rotated.seal(ROW, b"text").key_id == "new"
    with pytest.raises(UnsealingError, match="old"):
        Sealer({"new": NEW}).unseal(ROW, sealed)


def test_a_message_opens_only_in_its_own_row() -> None:
    sealer = Sealer({"old": OLD})
    with pytest.raises(UnsealingError):
        sealer.unseal(OTHER, sealer.seal(ROW, b"text"))


def test_one_text_is_never_sealed_alike_twice() -> None:
    sealer = Sealer({"old": OLD})
    assert sealer.seal(ROW, b"text").text != sealer.seal(ROW, b"text").text


def test_the_first_key_of_the_setting_seals() -> None:
    text = ", ".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in (("new", NEW), ("old", OLD)))
    sealer = read_keys(text)
    assert sealer.seal(ROW, b"text").key_id == "new"
    assert sealer.unseal(ROW, Sealer({"old": OLD}).seal(ROW, b"text")) == b"text"


GOOD = base64.b64encode(OLD).decode()


@pytest.mark.parametrize(
    "text", [None, "", " ", GOOD, "a:", "a:????", f"a:{GOOD[:-8]}", f"a:{GOOD},a:{GOOD}", f"a b:{GOOD}"]
)
def test_a_setting_that_is_not_there_or_not_right_says_what_to_set(text: str | None) -> None:
    with pytest.raises(KeysError, match=r"Set ADT_MESSAGE_KEYS to <name>:<base64 of 32 random bytes>"):
        read_keys(text)
