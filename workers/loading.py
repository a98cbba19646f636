"""Brings the tasks into a process: the worker at its start, the relay when it has to do their work
itself.
"""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

from celery.signals import worker_before_create_process

from config import Settings
from workers.celery_app import bind
from workers.queues import QUEUE_OF


def load_tasks(settings: Settings) -> None:
    """Bind Celery to a Flask app and import every task."""
    # Only here: beat, which shares the entry, has no use for them.
    from service_portal.accounts.keys import require_the_databases_keys
    from service_portal.app import create_app
    from service_portal.kernel.acting import acting
    from service_portal.kernel.db import db
    from service_portal.kernel.least_role import warn_of_excess

    app = create_app(settings)
    with app.app_context(), acting("process worker"):
        warn_of_excess()
        require_the_databases_keys()
        # Pool processes must not inherit the connection that asked.
        db.engine.dispose()
    bind(app)
    for name in QUEUE_OF:
        import_module(f"workers.tasks.{name}")
    worker_before_create_process.connect(_share_memory)


def _share_memory(**_about: Any) -> None:
    """Let pool processes share what is loaded by now: no garbage collection may write to it."""
    gc.collect()
    gc.freeze()
