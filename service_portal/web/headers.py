"""Headers of every answer: a strict content policy, nothing sniffed, nothing kept but what is
static.
"""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src"
    " 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none';"
    " form-action 'self'"
)


def init_headers(app: Flask) -> None:
    """Install them."""

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if app.config["COOKIE_SECURE"]:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint == "static":
            headers["Cache-Control"] = (
                "public, max-age=31536000, immutable"
                if "v" in request.args
                else "public, max-age=300"
            )
        else:
            # Whatever a library or a download says itself: these answers are one reader's, and stay
            # nowhere.
            headers["Cache-Control"] = "private, no-store"
        return response
