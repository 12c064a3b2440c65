"""What the tests of docs/integrate share: an answer held against the one a page shows, and a key to sign with."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def compare(shown: str, answer: httpx.Response) -> None:
    """Status, headers and body, as the page writes them: headers above an empty line, the body below."""
    head, _, body = shown.partition("\n\n")
    status, *lines = head.splitlines()
    assert answer.status_code == int(status), answer.text
    for line in lines:
        name, _, value = line.partition(": ")
        assert re.fullmatch(re.escape(value).replace(r"\*", ".+"), answer.headers[name]), line
    fits(json.loads(body), answer.json(), "")


def fits(shown: Any, given: Any, place: str) -> None:  # Any: JSON
    """All that is shown is there; a star stands for any value."""
    if shown == "*":
        return
    if isinstance(shown, dict):
        for name, value in shown.items():
            assert name in given, f"{place}/{name}"
            fits(value, given[name], f"{place}/{name}")
    elif isinstance(shown, list):
        assert len(shown) == len(given), (place, given)
        for number, (one, other) in enumerate(zip(shown, given, strict=True)):
            fits(one, other, f"{place}/{number}")
    else:
        assert shown == given, (place, given)


def new_key(file: Path) -> str:
    """A private key of its own in the file; its text."""
    private = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file.read_text()
