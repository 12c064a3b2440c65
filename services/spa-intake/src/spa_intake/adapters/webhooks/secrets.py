"""Secrets of subscriptions, in the form of the Standard Webhooks specification."""

from base64 import b64encode
from secrets import token_bytes

BYTES = 32  # the specification asks for 24 to 64


def new_secret() -> str:
    return f"whsec_{b64encode(token_bytes(BYTES)).decode()}"
