"""The web's front door. Knows nothing of Celery."""

from __future__ import annotations

import os

from config import load_settings
from service_portal.app import create_app
from service_portal.cli import init_cli

app = create_app(load_settings(os.environ))
init_cli(app)
