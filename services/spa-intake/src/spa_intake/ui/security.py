"""Headers of every page, the origin of every form, and tokens that tie a form to its session."""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STATIC = "/assets/"
_POLICY = (
    "default-src 'self'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class SecurityHeaders:
    """A nonce per page; nothing inline runs and no other host is asked. Pages are never kept, hashed assets always."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["csp_nonce"] = nonce
        is_static = str(scope["path"]).startswith(_STATIC)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_static else "no-store"
            await send(message)

        await self._app(scope, receive, send_with_headers)


def is_same_origin(request: Request) -> bool:
    """Whether a form was sent from a page of ours: browsers say so in Sec-Fetch-Site or in Origin."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin") or request.headers.get("referer")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


def safe_path(path: str | None) -> str:
    """Where to go after signing in: a path of ours, nothing else."""
    if path and path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path and "\r" not in path:
        return path
    return "/worklist"


class FormTokens:
    """A token is a random number with a signature over it and the session; its number makes a form count once."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def make(self, session: str) -> str:
        number = str(uuid4())
        return f"{number}.{self._signature(session, number)}"

    def number(self, session: str, token: str) -> str | None:
        """The number of a token made for this session, else nothing."""
        number, _, signature = token.partition(".")
        return number if hmac.compare_digest(signature, self._signature(session, number)) else None

    def _signature(self, session: str, number: str) -> str:
        return hmac.new(self._secret, f"{session}|{number}".encode(), hashlib.sha256).hexdigest()


def is_https(headers: Headers, scheme: str) -> bool:
    """Whether the browser came by https, to this process or to the proxy before it."""
    return headers.get("x-forwarded-proto", scheme) == "https"
