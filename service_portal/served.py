"""The application that the web serves, made before the processes that serve it and shared by them.

It connects to nothing: each process opens connections of its own.
"""

from __future__ import annotations

import os

from sqlalchemy.orm import configure_mappers

from config import load_settings
from service_portal.app import create_app

settings = load_settings(os.environ)
app = create_app(settings)
# Otherwise each process would do it at its first statement.
configure_mappers()
