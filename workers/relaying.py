"""The relay process: looks into the outbox several times a second and hints the workers.

A broker that is down costs nothing but the hints: rows stay ready and are hinted at when it is
back. One that stays away is not waited for; the relay does the work itself until then.
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
from service_portal.kernel.acting import acting, ask_transactions
from service_portal.kernel.db import db, tend
from service_portal.kernel.logs import configure_logs, log
from service_portal.kernel.unit_of_work import unit_of_work
from workers.celery_app import celery
from workers.draining import Drain
from workers.queues import queue_of

BEAT_SECONDS = 10.0
# So long is a broker waited for that is only being started again; the tasks are loaded meanwhile.
PREPARE_SECONDS, PATIENCE_SECONDS = 3.0, 10.0
# So often is a broker asked that nothing was sent to.
ASK_SECONDS = 2.0


def run(settings: Settings) -> None:
    """Relay until a signal arrives."""
    configure_logs(level=settings.log_level, fmt=settings.log_format)
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    with _small_app(settings).app_context(), acting("process relay"):
        tend(db.engine)
        ask_transactions()
        process = RelayProcess(Drain(settings))
        while not stop.is_set():
            pause = settings.relay_poll_ms / 1000
            try:
                stop.wait(pause if process.turn() else 1.0)
            except sa.exc.DBAPIError as error:
                log.warning("database is away, trying again", error=str(error.orig))
                stop.wait(0.5)
            finally:
                db.session.rollback()
        process.drain.stop()


def _small_app(settings: Settings) -> Flask:
    """Give what the relay needs of the product as long as it only gives hints."""
    app = Flask("relay")
    app.config["SQLALCHEMY_DATABASE_URI"] = sa.make_url(settings.database_url).set(
        drivername="postgresql+psycopg"
    )
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": 1,
        "pool_recycle": 300,
        "hide_parameters": True,
        "connect_args": {"connect_timeout": 5},
    }
    db.init_app(app)
    return app


class RelayProcess:
    """One relay with what it knows of its broker."""

    def __init__(self, drain: Drain) -> None:
        """Believe that the broker is there."""
        self.drain = drain
        self.relay = Relay(send=_send)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._away_since: float | None = None
        self._next_beat = self._next_question = 0.0

    def turn(self) -> bool:
        """Give the hints that are due and a sign of life; say whether the broker is there."""
        # The library tries for some seconds before it gives up, and those count.
        begun = monotonic()
        try:
            self._speak()
            self._found_it()
        except (OperationalError, RedisError) as error:
            self._missed_it(error, since=begun)
        at = monotonic()
        if at >= self._next_beat:
            with unit_of_work():
                beat("relay", self.name, detail={"draining": self.drain.is_on})
            self._next_beat = at + BEAT_SECONDS
        return self._away_since is None

    def _speak(self) -> None:
        """Send hints; a broker that none goes to for a while is asked whether it is there."""
        at = monotonic()
        if self.relay.look(monotonic=at) == 0 and at >= self._next_question:
            _ask()
        self._next_question = at + ASK_SECONDS

    def _found_it(self) -> None:
        self._away_since = None
        if self.drain.is_on:
            self.drain.stop()
            self._next_beat = 0.0

    def _missed_it(self, error: Exception, *, since: float) -> None:
        self.relay.hinted.clear()
        self.relay.newest.clear()
        if self._away_since is None:
            log.warning("broker is away, hints wait", error=str(error))
            self._away_since = since
        away = monotonic() - self._away_since
        if away > PREPARE_SECONDS:
            self.drain.prepare()
        if away > PATIENCE_SECONDS and not self.drain.is_on:
            self.drain.start()
            self._next_beat = 0.0


def _send(task: str) -> None:
    celery.send_task(task, queue=queue_of(task), retry=False, ignore_result=True)


def _ask() -> None:
    with celery.producer_pool.acquire(block=True) as producer:
        producer.channel.client.ping()
