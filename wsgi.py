"""Serves the web. Knows nothing of Celery."""

from __future__ import annotations

import gc
import os

from service_portal.accounts.keys import require_the_databases_keys
from service_portal.kernel.acting import acting
from service_portal.kernel.least_role import warn_of_excess
from service_portal.kernel.proven_servers import warn_of_unproven
from service_portal.served import app, settings
from service_portal.web.slow_bodies import SlowBodies

# What is made here holds reset links and attachments.
os.umask(0o077)
# The way Flask has an application wrapped.
app.wsgi_app = SlowBodies(  # type: ignore[method-assign]
    app.wsgi_app, places=settings.web_threads, connections=settings.web_connections
)
with app.app_context(), acting("process web"):
    warn_of_excess()
    warn_of_unproven(app.config)
    require_the_databases_keys()

# What stands after the start is no garbage; looking through it again and again would cost every
# page some of its time.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
