"""The one way a task does its work: claim, do, mark done, each batch in one transaction.

A task drains everything that is ready for it, in batches, and stops after half a second so that
the other tasks get their turn; the relay hints again while anything is left. A batch that fails is
repeated row by row, so that one bad row cannot hold up the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from celery import Task
from kombu.exceptions import OperationalError

from service_portal.events import inbox
from service_portal.events.inbox import Delivery
from service_portal.kernel.clock import now
from service_portal.kernel.db import db, hear_time
from service_portal.kernel.logs import bind, log, unbind_all
from service_portal.kernel.unit_of_work import run_retrying, unit_of_work
from workers.celery_app import celery
from workers.queues import queue_of

Service = Callable[[Sequence[Delivery]], Any]

TURN_SECONDS = 0.5


def handler(name: str, *, batch: int = 200, goes_on: bool = False) -> Callable[[Service], Any]:
    """Make a task of a function that is given the claimed rows.

    It is also called, with none, on a plain tick. A task that goes on takes its next turn behind
    those that wait when a tick has left something to do, and not at the next tick.
    """

    def decorate(service: Service) -> Any:
        def task(self: Task) -> None:
            unbind_all()
            bind(task=name)
            try:
                is_left = drain(name, service, batch=batch)
            finally:
                db.session.remove()
            if goes_on and is_left and not self.request.called_directly:
                _take_another_turn(name)

        task.__doc__ = service.__doc__
        return celery.task(name=name, ignore_result=True, bind=True)(task)

    return decorate


def drain(name: str, service: Service, *, batch: int) -> bool:
    """Do all ready rows of a task; when there are none, rounds without rows as long as one says
    that it found something to do. Say whether the last of these rounds still did.
    """
    until = monotonic() + TURN_SECONDS
    claimed, found = _claim(name, batch), False
    if not claimed:
        while (found := bool(run_retrying(lambda: service([])))) and monotonic() < until:
            pass
    while claimed:
        _do(service, claimed)
        claimed = _claim(name, batch) if monotonic() < until else []
    return found


def _take_another_turn(name: str) -> None:
    # Without a broker the next tick goes on.
    with suppress(OperationalError):
        celery.send_task(name, queue=queue_of(name), retry=False, ignore_result=True)


def _claim(name: str, batch: int) -> list[Delivery]:
    with unit_of_work():
        hear_time()
        return inbox.claim(name, limit=batch) or inbox.claim_abandoned(name)


def _do(service: Service, claimed: list[Delivery]) -> None:
    try:
        _work(service, claimed)
    except Exception as error:
        if len(claimed) == 1:
            _give_back(claimed[0], error)
            return
        log.warning("batch failed, repeating row by row", rows=len(claimed), error=repr(error))
        for delivery in claimed:
            try:
                _work(service, [delivery])
            except Exception as single:
                _give_back(delivery, single)


def _work(service: Service, claimed: list[Delivery]) -> None:
    def work() -> None:
        held = inbox.hold(claimed)
        if held:
            service(held)
            inbox.finish(held)

    run_retrying(work)


def _give_back(delivery: Delivery, error: Exception) -> None:
    log.error(
        "event failed",
        event_id=delivery.id,
        ticket_id=delivery.ticket_id,
        attempts=delivery.attempts,
        exc_info=error,
    )
    with unit_of_work():
        inbox.give_back(delivery, error=repr(error))


__all__ = ["Delivery", "handler", "now"]
