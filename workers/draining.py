"""Does the workers' work inside the relay while the broker is away, so that nothing waits for its
return.

The tasks are the workers' own and claim by the same leases, so nothing is done twice when the
broker comes back in the middle of it. What beat would say is looked at here by the same schedule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import monotonic

from config import Settings
from service_portal.events.relay import ready_tasks
from service_portal.kernel.acting import acting
from service_portal.kernel.logs import log
from workers.celery_app import PortalTask, celery
from workers.loading import load_tasks
from workers.queues import QUEUES, queue_of
from workers.schedule import SCHEDULE

PAUSE_SECONDS = 0.2
# It would say that beat and the workers are alive.
NOT_OURS = frozenset({"housekeeping.alive"})
EVERY = {
    tick["task"]: float(tick["schedule"])
    for tick in SCHEDULE.values()
    if tick["task"] not in NOT_OURS
}

_loading = Lock()


class Drain:
    """Runs one thread for each queue between `start` and `stop`, so that a mail server that hangs
    holds up no ticket.
    """

    def __init__(self, settings: Settings) -> None:
        """Load nothing yet: a relay whose broker is there stays small."""
        self._settings = settings
        self._stop: Event | None = None
        self._is_loaded = self._is_prepared = False

    @property
    def is_on(self) -> bool:
        """Say whether the relay does the workers' work."""
        return self._stop is not None

    def prepare(self) -> None:
        """Load the tasks meanwhile, once, so that they can begin at once if they must."""
        if not self._is_prepared:
            self._is_prepared = True
            Thread(target=self._load, name="drain-load", daemon=True).start()

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._stop is not None:
            return
        log.warning("the broker stays away; the relay does the work itself")
        self._stop = Event()
        for queue in QUEUES:
            tasks = sorted(name for name in EVERY if queue_of(name) == queue)
            Thread(
                target=self._work, args=(tasks, self._stop), name=f"drain-{queue}", daemon=True
            ).start()

    def stop(self) -> None:
        """End after the turns that are under way."""
        if self._stop is not None:
            log.warning("the broker is back; the workers do the work again")
            self._stop.set()
            self._stop = None

    def _work(self, tasks: list[str], stop: Event) -> None:
        while not self._load() and not stop.is_set():
            stop.wait(1.0)
        due = dict.fromkeys(tasks, 0.0)
        while not stop.is_set():
            for name in _due_now(tasks, due):
                if stop.is_set():
                    return
                run(name)
                due[name] = monotonic() + EVERY[name]
            stop.wait(PAUSE_SECONDS)

    def _load(self) -> bool:
        """Load the tasks, unless they are; a database that is away lets it fail,
        to be tried again.
        """
        with _loading, _logged("load"):
            if not self._is_loaded:
                load_tasks(self._settings)
                self._is_loaded = True
        return self._is_loaded


def _due_now(tasks: Iterable[str], due: dict[str, float]) -> list[str]:
    """Give the tasks with events that are ready, and those whose tick is due."""
    ready: set[str] = set()
    with _logged("look"), PortalTask.flask_app.app_context(), acting("process relay"):
        ready = ready_tasks()
    at = monotonic()
    return [name for name in tasks if name in ready or due[name] <= at]


def run(name: str) -> None:
    """Run a task once, as a worker would; what goes wrong is logged and tried again by the next
    tick.
    """
    with _logged(name):
        celery.tasks[name]()


@contextmanager
def _logged(task: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        log.error("work without the broker failed", task=task, exc_info=error)
