"""The TLS certificate a client has shown to the proxy before us, for tokens that are bound to it (RFC 8705)."""

import hmac
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from urllib.parse import unquote

from fastapi import Request

from homeward_kit.settings import ServiceSettings

SECRET_HEADER = "Homeward-Proxy-Secret"  # noqa: S105 — a header's name
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def shown_certificate(request: Request) -> str | None:
    """The certificate's SHA-256 thumbprint in base64url; None where none is shown or the header cannot be trusted.

    The header counts only where settings name it and only from the proxy that knows the secret. It holds the
    certificate as RFC 9440 has it (":base64:") or as PEM, escaped for a URL.
    """
    settings: ServiceSettings = request.app.state.runtime.settings
    name, secret = settings.client_certificate_header, settings.proxy_secret
    if name is None or secret is None:
        return None
    given = request.headers.get(SECRET_HEADER, "").encode()
    if not hmac.compare_digest(given, secret.get_secret_value().encode()):
        return None
    return _thumbprint(request.headers.get(name, ""))


def _thumbprint(value: str) -> str | None:
    text = unquote(value).strip()
    if text.startswith(_BEGIN):
        text = text.removeprefix(_BEGIN).partition(_END)[0]
    try:
        der = b64decode("".join(text.strip(":").split()), validate=True)
    except (Base64Error, ValueError):
        return None
    return urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode() if der else None
