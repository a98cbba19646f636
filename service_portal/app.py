"""Composes the portal: settings, extensions, and what each folder brings, in the order of the
journey.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from service_portal.accounts.folder import FOLDER as ACCOUNTS
from service_portal.api import init_api
from service_portal.assigning.folder import FOLDER as ASSIGNING
from service_portal.audit.folder import FOLDER as AUDIT
from service_portal.backups.folder import FOLDER as BACKUPS
from service_portal.catalogue.folder import FOLDER as CATALOGUE
from service_portal.counting.folder import FOLDER as COUNTING
from service_portal.directory.folder import FOLDER as DIRECTORY
from service_portal.events import outbox
from service_portal.events.folder import FOLDER as EVENTS
from service_portal.facts.folder import FOLDER as FACTS
from service_portal.files.folder import FOLDER as FILES
from service_portal.filing.folder import FOLDER as FILING
from service_portal.financing.folder import FOLDER as FINANCING
from service_portal.folders import bring
from service_portal.kernel.acting import ask_transactions
from service_portal.kernel.clock import live_in
from service_portal.kernel.db import db, keep_prepared, keep_time, tend
from service_portal.kernel.logs import configure_logs
from service_portal.ledger.folder import FOLDER as LEDGER
from service_portal.money.folder import FOLDER as MONEY
from service_portal.notifications.folder import FOLDER as NOTIFICATIONS
from service_portal.people.folder import FOLDER as PEOPLE
from service_portal.reminding.folder import FOLDER as REMINDING
from service_portal.resolving.folder import FOLDER as RESOLVING
from service_portal.reviewing.folder import FOLDER as REVIEWING
from service_portal.routing.folder import FOLDER as ROUTING
from service_portal.scoring.folder import FOLDER as SCORING
from service_portal.sla.folder import FOLDER as SLA
from service_portal.tickets.folder import FOLDER as TICKETS
from service_portal.web.acting import init_acting
from service_portal.web.application import Portal
from service_portal.web.errors import init_errors
from service_portal.web.folder import FOLDER as WEB
from service_portal.web.formatting import init_formatting
from service_portal.web.fragments import init_fragments
from service_portal.web.headers import init_headers
from service_portal.web.health import init_health
from service_portal.web.navigation import init_navigation
from service_portal.web.reading import LONG_FORM_BYTES, SESSION_COOKIE, init_reading
from service_portal.web.translations import init_babel
from service_portal.working.folder import FOLDER as WORKING

if TYPE_CHECKING:
    from config import Settings

ROOT = Path(__file__).resolve().parent.parent

# In the order of the journey, then the ground.
FOLDERS = (
    FILING,
    ROUTING,
    ASSIGNING,
    WORKING,
    REMINDING,
    RESOLVING,
    COUNTING,
    REVIEWING,
    SCORING,
    FINANCING,
    NOTIFICATIONS,
    MONEY,
    LEDGER,
    BACKUPS,
    TICKETS,
    FACTS,
    FILES,
    AUDIT,
    ACCOUNTS,
    DIRECTORY,
    CATALOGUE,
    SLA,
    PEOPLE,
    WEB,
    EVENTS,
)

csrf = CSRFProtect()


def create_app(settings: Settings, *, patient: bool = False) -> Flask:
    """Build the application from settings that are already checked. Connects to nothing.

    A `patient` one is for commands: its statements may take as long as they need, and it may think
    between them.
    """
    live_in(settings.time_zone)
    configure_logs(level=settings.log_level, fmt=settings.log_format)
    app = Portal(
        "service_portal",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "service_portal" / "static"),
    )
    for field in fields(settings):
        app.config[field.name.upper()] = getattr(settings, field.name)
    _configure(app, settings, limits=("0", "0") if patient else ("20000", "30000"))
    db.init_app(app)
    with app.app_context():
        keep_prepared(db.engine)
        keep_time(db.engine)
        tend(db.engine)
    ask_transactions()
    init_acting(app)
    init_reading(app)
    bring(app, FOLDERS)
    csrf.init_app(app)
    init_babel(app)
    init_formatting(app)
    init_fragments(app)
    init_navigation(app, FOLDERS)
    init_health(app, FOLDERS)
    for init in (folder.init for folder in reversed(FOLDERS) if folder.init):
        init(app)
    init_headers(app)
    init_errors(app)
    for folder in FOLDERS:
        for service in folder.joins:
            outbox.join(f"{folder.name}.{service.__name__}", service)
        for pages in folder.pages:
            app.register_blueprint(pages)
    init_api(app, csrf)
    if settings.proxies:
        # The way Flask has an application wrapped.
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
    assert isinstance(app.json, DefaultJSONProvider)
    app.json.ensure_ascii = False
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
