"""Every transaction knows for whom it acts, because every way into the product says it; and no
other way leads to the database.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from tests.architecture.source import ROOT, assigned, calls, name_of, ours, product

# Where the product uses a connection that is no session's, with a reason.
CONNECTIONS = {
    # The owner of the tables, for the few commands that may; row level security is not for it.
    "service_portal/accounts/keys.py",
    "service_portal/kernel/copying.py",
    "service_portal/kernel/db.py",
    "service_portal/web/acting.py",
    # A turn among processes: it reads no row.
    "service_portal/kernel/alone.py",
}
CONNECTS = {"create_engine", "owners_engine", "engine.connect", "engine.begin"}
# Commands that are the libraries' own, or never speak to the database.
OTHERS = {"db", "openapi"}


def entrances() -> tuple[Path, ...]:
    """List the files that may begin work."""
    return (*product(), *ours(".py", below="migrations"), ROOT / "wsgi.py")


def test_only_one_place_says_who_acts_in_a_request() -> None:
    writers = {
        name_of(path) for path in product() for target in assigned(path) if target == "g.actor"
    }
    assert writers == {"service_portal/web/acting.py"}


def test_nobody_goes_to_the_database_past_a_session() -> None:
    connecting = {
        name_of(path)
        for path in product()
        for called, _ in calls(path)
        if any(called == way or called.endswith(f".{way}") for way in CONNECTS)
    }
    assert {
        name for name in connecting if not name.startswith("service_portal/launcher/")
    } == CONNECTIONS


def test_only_the_entrances_say_for_whom() -> None:
    saying = {
        name_of(path)
        for path in entrances()
        for called, _ in calls(path)
        if called in {"acting", "acting.begin", "acting.become"}
    }
    assert saying == {
        "service_portal/cli.py",
        "service_portal/web/acting.py",
        "workers/celery_app.py",
        "workers/draining.py",
        "workers/entry.py",
        "workers/loading.py",
        "workers/relaying.py",
        "wsgi.py",
    }


def test_every_command_is_one_of_the_portal(app: Flask) -> None:
    assert set(app.cli.commands) - OTHERS == {"portal"}


def test_every_task_is_one_of_the_portal() -> None:
    from importlib import import_module

    from workers.celery_app import PortalTask, celery
    from workers.queues import QUEUE_OF

    for name in QUEUE_OF:
        import_module(f"workers.tasks.{name}")
    ours_ = [task for name, task in celery.tasks.items() if not name.startswith("celery.")]
    assert ours_ and all(isinstance(task, PortalTask) for task in ours_)
