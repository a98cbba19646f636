"""The relay process: looks into the outbox several times a second and hints the workers.

A broker that is down costs nothing but the hints: rows stay ready and are hinted at when it is back.
"""

from __future__ import annotations

import os
import signal
import socket
from threading import Event
from time import monotonic

import sqlalchemy as sa
from flask import Flask
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config import Settings
from service_portal.events.relay import Relay, beat
from service_portal.kernel.db import db, tend
from service_portal.kernel.logs import configure_logs, log
from service_portal.kernel.unit_of_work import unit_of_work
from workers.celery_app import celery
from workers.queues import queue_of

BEAT_SECONDS = 10.0


def run(settings: Settings) -> None:
    """Relay until a signal arrives."""
    configure_logs(level=settings.log_level, fmt=settings.log_format)
    app = Flask("relay")
    app.config["SQLALCHEMY_DATABASE_URI"] = sa.make_url(settings.database_url).set(drivername="postgresql+psycopg")
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": 1,
        "pool_recycle": 300,
        "hide_parameters": True,
        "connect_args": {"connect_timeout": 5},
    }
    db.init_app(app)
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    process = f"{socket.gethostname()}:{os.getpid()}"
    with app.app_context():
        tend(db.engine)
        relay = Relay(send=_send)
        last_beat = -BEAT_SECONDS
        while not stop.is_set():
            pause = settings.relay_poll_ms / 1000
            try:
                relay.look(monotonic=monotonic())
                if monotonic() - last_beat > BEAT_SECONDS:
                    with unit_of_work():
                        beat("relay", process)
                    last_beat = monotonic()
            except (OperationalError, RedisError) as error:
                log.warning("broker is away, hints wait", error=str(error))
                relay.hinted.clear()
                relay.newest.clear()
                pause = 1.0
            except sa.exc.DBAPIError as error:
                log.warning("database is away, trying again", error=str(error.orig))
                pause = 0.5
            db.session.rollback()
            stop.wait(pause)


def _send(task: str) -> None:
    celery.send_task(task, queue=queue_of(task), retry=False, ignore_result=True)
