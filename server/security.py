"""What every answer carries and every request must respect: policy headers and origins."""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from server.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors {ancestors}"
)
YEAR = 31_536_000
NO_DOCUMENTS = frozenset({"text/css", "text/javascript", "font/woff2"})
"""What a browser never shows as a page, whoever sends one there."""


def remote_address(environ: dict[str, Any]) -> str:
    """The address of the client, as far as the trusted proxies tell."""
    return str(environ.get("REMOTE_ADDR") or "unknown")


def public_root(settings: Settings) -> str:
    """The address that users see, without a slash at its end."""
    return settings.public_url or request.url_root.rstrip("/")


def own_origin(origin: str | None, host: str, settings: Settings) -> bool:
    """True for a missing origin and for this installation's own; false for a foreign one."""
    if origin is None:
        return True
    try:
        found = urlsplit(origin)
    except ValueError:
        return False
    own = {host}
    if settings.public_url:
        own.add(urlsplit(settings.public_url).netloc)
    return found.scheme in ("http", "https") and found.netloc in own


def is_foreign(asked: Request, settings: Settings) -> bool:
    return not own_origin(asked.headers.get("Origin"), asked.host, settings)


def protect(app: Flask, settings: Settings) -> None:
    """Adds the policy to every answer, and trusts as many proxies as the settings say."""
    policy = POLICY.format(ancestors=settings.frame_ancestors)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented way
            app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_prefix=0
        )

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        if response.mimetype not in NO_DOCUMENTS:
            headers.setdefault("Content-Security-Policy", policy)
            headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
            headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cache-Control", "no-store")
        if request.is_secure:
            headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
        return response
