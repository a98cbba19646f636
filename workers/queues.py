"""Queues say the kind of hurry; a task's folder says its queue."""

from __future__ import annotations

# Every file of tasks, with the queue of its tasks.
QUEUE_OF = {
    "routing": "journey",
    "assigning": "journey",
    "financing": "clock",
    "working": "clock",
    "reminding": "clock",
    "resolving": "clock",
    "scoring": "scores",
    "notifications": "mail",
    "money": "clock",
    "housekeeping": "clock",
}

QUEUES = tuple(sorted(set(QUEUE_OF.values())))


def queue_of(task: str) -> str:
    """Give the queue of a task by its folder; a task without one is a mistake."""
    return QUEUE_OF[task.split(".", maxsplit=1)[0]]
