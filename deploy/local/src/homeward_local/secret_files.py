"""Passwords and keys of the stack, each in a file that only its owner can read."""

import base64
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def ensure_password(path: Path) -> str:
    """The password kept at this path, made when there is none yet."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text()


def ensure_symmetric_key(path: Path) -> str:
    """The 256-bit key kept at this path in base64, made when there is none yet."""
    if not path.exists():
        write_private(path, base64.b64encode(secrets.token_bytes(32)).decode())
    return path.read_text()


def ensure_signing_key(path: Path) -> Path:
    """The path, where an EC P-256 private key in PEM form is kept; made when there is none yet."""
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(path, pem.decode())
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 at once, so that a power cut leaves either all of it or none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.new")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
