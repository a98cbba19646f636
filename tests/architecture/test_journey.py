"""The journey is closed: every event is heard, every listener is a task, every task has a queue,
every queue a worker that the launcher starts.
"""

from __future__ import annotations

import importlib

from service_portal.app import FOLDERS
from service_portal.events.catalog import EVENTS
from service_portal.events.subscriptions import IN_TRANSACTION, LISTENERS
from tests.architecture.source import ROOT, texts
from workers.celery_app import celery, configure
from workers.queues import QUEUE_OF, QUEUES, queue_of
from workers.schedule import SCHEDULE

# Heard inside of its own transaction and by nobody afterwards.
HEARD_AT_ONCE = {"service.delivered", "loans.decided"}


def tasks() -> set[str]:
    """Name every task the workers know."""
    for name in QUEUE_OF:
        importlib.import_module(f"workers.tasks.{name}")
    return {name for name in celery.tasks if not name.startswith("celery.")}


def test_every_event_has_a_name_of_its_own_in_the_past_tense() -> None:
    names = [event.name for event in EVENTS]
    assert len(names) == len(set(names)) == len(EVENTS) and all(
        name.count(".") == 1 for name in names
    )
    for event in EVENTS:
        assert event.__name__.endswith(
            (
                "ed",
                "Made",
                "Held",
                "Withdrawn",
                "Redone",
                "Unassignable",
                "HandedOver",
                "TakenBack",
                "GivenBack",
            )
        ), event.__name__


def test_every_event_is_heard() -> None:
    names = {event.name for event in EVENTS}
    assert set(LISTENERS) == names
    assert set(IN_TRANSACTION) <= names
    assert {name for name, listeners in LISTENERS.items() if not listeners} == HEARD_AT_ONCE
    assert set(IN_TRANSACTION) >= HEARD_AT_ONCE


def test_every_listener_is_a_task() -> None:
    listeners = {task for listening in LISTENERS.values() for task in listening}
    assert listeners <= tasks()


def test_every_joining_service_is_brought_by_its_folder() -> None:
    brought = {f"{folder.name}.{one.__name__}" for folder in FOLDERS for one in folder.joins}
    assert brought == {name for names in IN_TRANSACTION.values() for name in names}


def test_every_tick_is_a_task() -> None:
    assert {tick["task"] for tick in SCHEDULE.values()} <= tasks()
    assert all(set(tick) == {"task", "schedule"} for tick in SCHEDULE.values()), (
        "a tick carries no arguments: it means look now"
    )


def test_every_task_is_woken_by_something() -> None:
    woken = {task for listening in LISTENERS.values() for task in listening} | {
        tick["task"] for tick in SCHEDULE.values()
    }
    assert tasks() == woken


def test_every_task_file_has_a_queue() -> None:
    files = {path.stem for path in (ROOT / "workers" / "tasks").glob("*.py")} - {"__init__"}
    assert files == set(QUEUE_OF)


def test_every_task_has_a_queue_and_lies_in_its_folder() -> None:
    assert {queue_of(task) for task in tasks()} <= set(QUEUES)
    for task in tasks():
        assert (
            task.split(".")[0] == celery.tasks[task].run.__module__.split(".")[-1]
            or task.split(".")[0] in QUEUE_OF
        )


def test_the_worker_listens_on_every_queue_and_the_launcher_starts_it() -> None:
    entry = " ".join((ROOT / "workers" / "entry.py").read_text().split())
    assert 'queues=",".join(QUEUES)' in entry
    said = set(texts(ROOT / "service_portal" / "launcher" / "parts.py"))
    assert {"workers.entry", "worker", "relay", "beat"} <= said


def test_celery_keeps_what_it_promises() -> None:
    settings = configure("redis://127.0.0.1:1/0").conf
    assert settings.task_ignore_result and settings.result_backend is None
    assert settings.task_acks_late and settings.task_reject_on_worker_lost
    assert settings.worker_disable_prefetch and settings.worker_prefetch_multiplier == 0, (
        "see tests/reliability/test_broker_away.py"
    )
    assert settings.accept_content == ["json"]
    assert settings.broker_connection_max_retries is None
