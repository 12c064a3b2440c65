"""Messages at rest: sealed by AES-256-GCM, bound to the row they stand in, under keys that can be replaced."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12  # random: two billion messages under one key are within NIST SP 800-38D's limit
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")
HOW_TO_SET = (
    "Set ADT_MESSAGE_KEYS to <name>:<base64 of 32 random bytes> (`openssl rand -base64 32` makes them); "
    "the first of several, with commas between them, seals, and all of them open."
)


class KeysError(Exception):
    """The keys are not there or not right; the message is a sentence that says what to set."""


class UnsealingError(Exception):
    """A message cannot be opened: its key is not among those that are set, or the row was tampered with."""


@dataclass(frozen=True)
class Sealed:
    """A message as it is stored."""

    key_id: str
    nonce: bytes
    text: bytes


class Sealer:
    """Seals with the newest key; opens with the one that was used."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise KeysError(f"ADT_MESSAGE_KEYS is empty. {HOW_TO_SET}")
        self._current = next(iter(keys))
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}

    def seal(self, row_id: UUID, plain: bytes) -> Sealed:
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(self._current, nonce, self._keys[self._current].encrypt(nonce, plain, row_id.bytes))

    def unseal(self, row_id: UUID, sealed: Sealed) -> bytes:
        """Raises UnsealingError."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise UnsealingError(f"The key {sealed.key_id} is not in ADT_MESSAGE_KEYS.")
        try:
            return key.decrypt(sealed.nonce, sealed.text, row_id.bytes)
        except InvalidTag:
            raise UnsealingError("The message does not belong to its row or has been changed.") from None


def read_keys(text: str | None) -> Sealer:
    """The keys of the setting, the one that seals first. Raises KeysError."""
    if not text or not text.strip():
        raise KeysError(f"ADT messages cannot be kept without a key. {HOW_TO_SET}")
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not _KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES or key_id in keys:
            raise KeysError(f"ADT_MESSAGE_KEYS cannot be read. {HOW_TO_SET}")
        keys[key_id] = key
    return Sealer(keys)
