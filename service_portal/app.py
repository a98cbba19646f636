"""Composes the portal: settings, extensions, the folders' pages in the order of the journey, error
pages.
"""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from service_portal.accounts.session import init_accounts
from service_portal.audit.noting import init_audit
from service_portal.events import outbox
from service_portal.events.subscriptions import IN_TRANSACTION
from service_portal.kernel.clock import live_in
from service_portal.kernel.db import db, keep_prepared, keep_time, tend
from service_portal.kernel.logs import configure_logs
from service_portal.web.acting import init_acting
from service_portal.web.errors import init_errors
from service_portal.web.formatting import init_formatting
from service_portal.web.fragments import init_fragments
from service_portal.web.headers import init_headers
from service_portal.web.reading import LONG_FORM_BYTES, SESSION_COOKIE, init_reading
from service_portal.web.translations import init_babel

if TYPE_CHECKING:
    from config import Settings

ROOT = Path(__file__).resolve().parent.parent

# Folders with pages, in the order of the journey, then the ground.
PAGES = (
    "filing",
    "routing",
    "assigning",
    "working",
    "reminding",
    "resolving",
    "counting",
    "reviewing",
    "notifications",
    "tickets",
    "audit",
    "ledger",
    "sla",
    "catalogue",
    "directory",
    "accounts",
    "web",
)
# Folders whose tables nobody else imports.
TABLES = (
    "filing",
    "routing",
    "reminding",
    "notifications",
    "tickets",
    "audit",
    "ledger",
    "sla",
    "catalogue",
    "directory",
    "accounts",
    "events",
    "backups",
)

csrf = CSRFProtect()


def create_app(settings: Settings, *, patient: bool = False) -> Flask:
    """Build the application from settings that are already checked. Connects to nothing.

    A `patient` one is for commands: its statements may take as long as they need, and it may think
    between them.
    """
    live_in(settings.time_zone)
    configure_logs(level=settings.log_level, fmt=settings.log_format)
    app = Flask(
        "service_portal",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "service_portal" / "static"),
    )
    for field in fields(settings):
        app.config[field.name.upper()] = getattr(settings, field.name)
    _configure(app, settings, limits=("0", "0") if patient else ("20000", "30000"))
    init_reading(app)
    for folder in TABLES:
        import_module(f"service_portal.{folder}.models")

    db.init_app(app)
    with app.app_context():
        keep_prepared(db.engine)
        keep_time(db.engine)
        tend(db.engine)
        init_acting(db.engine)
    csrf.init_app(app)
    init_babel(app)
    init_formatting(app)
    init_fragments(app)
    init_accounts(app)
    init_audit(app)
    init_headers(app)
    init_errors(app)
    _join_transactions()
    _register_pages(app)
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app,
            x_for=settings.proxies,
            x_proto=settings.proxies,
            x_host=0,
        )
    return app


def _configure(app: Flask, settings: Settings, *, limits: tuple[str, str]) -> None:
    app.config.update(
        SQLALCHEMY_DATABASE_URI=sa.make_url(settings.database_url).set(
            drivername="postgresql+psycopg"
        ),
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": settings.web_threads + 1,
            "max_overflow": 2,
            "pool_recycle": 300,
            "pool_use_lifo": True,
            "pool_pre_ping": False,
            "hide_parameters": True,
            "connect_args": {
                "connect_timeout": 5,
                "prepare_threshold": 3,
                "options": (
                    f"-c lock_timeout=3000 -c statement_timeout={limits[0]} -c"
                    f" idle_in_transaction_session_timeout={limits[1]} -c timezone=UTC"
                ),
            },
        },
        MAX_CONTENT_LENGTH=(5 * settings.max_upload_mb + 5) * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=LONG_FORM_BYTES,
        MAX_FORM_PARTS=400,
        SESSION_COOKIE_NAME=SESSION_COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        PERMANENT_SESSION_LIFETIME=settings.session_idle_minutes * 60,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}


def _join_transactions() -> None:
    for name in sorted({name for names in IN_TRANSACTION.values() for name in names}):
        folder, service = name.split(".")
        outbox.join(name, getattr(import_module(f"service_portal.{folder}.services"), service))


def _register_pages(app: Flask) -> None:
    for folder in PAGES:
        for module_name in ("views", "factor_views", "finding", "health"):
            path = ROOT / "service_portal" / folder / f"{module_name}.py"
            if path.exists():
                app.register_blueprint(
                    import_module(f"service_portal.{folder}.{module_name}").blueprint
                )
    api = ROOT / "service_portal" / "api" / "__init__.py"
    if "init_api" in api.read_text():
        import_module("service_portal.api").init_api(app, csrf)
