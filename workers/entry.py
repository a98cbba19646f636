"""Starts the workers: `python -m workers.entry worker | relay | beat`, each a process of its
own, and `settle` after a restore.
"""

from __future__ import annotations

import os
import socket
import sys

from config import Settings, load_settings
from workers.celery_app import celery, configure
from workers.loading import load_tasks
from workers.queues import QUEUES


def run_worker(settings: Settings) -> None:
    """Run a Celery worker on all queues until told to stop."""
    load_tasks(settings)
    worker = celery.Worker(
        queues=",".join(QUEUES),
        concurrency=settings.worker_processes,
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        hostname=f"w{os.getpid()}@{socket.gethostname()}",
    )
    worker.start()
    sys.exit(worker.exitcode)


def run_relay(settings: Settings) -> None:
    """Run the relay until told to stop."""
    from workers.relaying import run

    run(settings)


def run_beat(settings: Settings) -> None:
    """Run beat until told to stop; its schedule is code and its memory may be lost."""
    # Celery's command line would load every command there is.
    celery.Beat(loglevel="WARNING", schedule="/dev/null").run()


def run_settling(settings: Settings) -> None:
    """Bring a restored database to rest, once."""
    from service_portal.kernel.acting import acting
    from workers.celery_app import PortalTask
    from workers.settling import settle

    load_tasks(settings)
    with PortalTask.flask_app.app_context(), acting("process settle"):
        settle()


ACTS = {"worker": run_worker, "relay": run_relay, "beat": run_beat, "settle": run_settling}


def main(argv: list[str]) -> int:
    """Run one part of the product in this process."""
    if len(argv) != 1 or argv[0] not in ACTS:
        print(f"usage: python -m workers.entry {' | '.join(ACTS)}", file=sys.stderr)
        return 2
    # Mails hold reset links.
    os.umask(0o077)
    settings = load_settings(os.environ)
    configure(settings.redis_url)
    ACTS[argv[0]](settings)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
