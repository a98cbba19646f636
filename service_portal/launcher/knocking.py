"""Servers of your own: do they answer, and do they let us in?"""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from service_portal.launcher.steps import Trouble, run

PATIENCE = 3
PORTS = {"DATABASE_URL": 5432, "DATABASE_OWNER_URL": 5432, "REDIS_URL": 6379}

# Runs inside the virtual environment: the launcher itself has no driver.
KNOCK = """
import os, sys
url = os.environ['KNOCK_URL']
try:
    if sys.argv[1] == 'DATABASE':
        import psycopg
        scheme, _, rest = url.partition('://')
        with psycopg.connect('postgresql://' + rest, connect_timeout=5) as connection:
            if connection.info.server_version < 150000:
                found = connection.info.server_version // 10000
                sys.exit('PostgreSQL 15 or newer is needed; this is %s.' % found)
    else:
        import redis
        url = url.replace('redis+socket://', 'unix://')
        redis.Redis.from_url(url, socket_connect_timeout=5).ping()
except Exception as error:
    sys.exit(str(error).strip())
"""


def check_servers(given: Mapping[str, str], python: Path) -> None:
    """Raise Trouble when a server that a setting names does not answer or does not let us in.

    The launcher's own are not asked.
    """
    for name, port in PORTS.items():
        url = given.get(name)
        if not url or (name == "DATABASE_OWNER_URL" and not given.get("DATABASE_URL")):
            continue
        parts = urlsplit(url)
        if parts.hostname:
            where = f"{parts.hostname}:{parts.port or port}"
            try:
                socket.create_connection((parts.hostname, parts.port or port), PATIENCE).close()
            except OSError as error:
                raise Trouble(
                    f"{name} names {where}, but nothing answers there ({error.strerror or error})."
                    f" Start that server, correct {name}, or unset it."
                ) from error
        run(
            [python, "-c", KNOCK, name.split("_")[0]],
            env={**os.environ, "KNOCK_URL": url},
            trouble=(
                f"The server of {name} answers, but does not let us in. Correct {name}, or"
                " unset it."
            ),
        )


def web_answers(host: str, port: int) -> bool:
    """Say whether the web serves; an answer that is a refusal counts, one that is an error of the
    server does not.
    """
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz?only=web")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
