"""The Celery application: settings that lose nothing (reliability.md 5.1) and tasks that run inside
the Flask app.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from celery import Celery, Task
from celery.signals import worker_process_init

from workers.queues import QUEUE_OF, queue_of
from workers.schedule import SCHEDULE

if TYPE_CHECKING:
    from flask import Flask


class PortalTask(Task):
    """Runs a task inside the application context of the worker's Flask app, as the work of its
    name.
    """

    flask_app: Flask

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from service_portal.kernel.acting import acting  # Only here, as below.

        with self.flask_app.app_context(), acting(f"task {self.name}"):
            return super().__call__(*args, **kwargs)


celery = Celery("service_portal", task_cls=PortalTask)


def proven(redis_url: str) -> str:
    """Give the address with what it leaves open about certificates: kombu would believe any, and
    send the password to it.
    """
    parts = urlsplit(redis_url)
    if parts.scheme != "rediss" or "ssl_cert_reqs" in parts.query:
        return redis_url
    return urlunsplit(parts._replace(query=f"{parts.query}&ssl_cert_reqs=required".lstrip("&")))


def configure(redis_url: str) -> Celery:
    """Set the broker and everything else; shared by workers, relay and beat."""
    transport = {
        "visibility_timeout": 120,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 3,
        "socket_connect_timeout": 1,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "global_keyprefix": "portal:",
    }
    celery.conf.update(
        broker_url=proven(redis_url),
        result_backend=None,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        enable_utc=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure_or_timeout=True,
        task_time_limit=60,
        task_soft_time_limit=45,
        task_publish_retry=False,
        task_routes=lambda name, *_, **__: {"queue": queue_of(name)},
        task_default_queue="journey",
        task_create_missing_queues=True,
        # One message at a time for each free process, and no limit beside that: under one, messages
        # that could not be acknowledged because Redis was away would count for ever, and a worker
        # that lost as many of them as it has processes would never ask again.
        worker_prefetch_multiplier=0,
        worker_disable_prefetch=True,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_soft_shutdown_timeout=10,
        worker_max_tasks_per_child=5000,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        broker_transport_options=transport,
        visibility_timeout=120,
        beat_schedule=SCHEDULE,
        beat_max_loop_interval=2,
        beat_scheduler="celery.beat:Scheduler",
    )
    return celery


def bind(app: Flask) -> None:
    """Let every task run inside this Flask app, each pool process with connections of its own."""
    from service_portal.kernel.db import db  # Only here: beat has no use for a database.

    PortalTask.flask_app = app

    @worker_process_init.connect(weak=False)
    def fresh_connections(**_: Any) -> None:
        with app.app_context():
            db.engine.dispose(close=False)


__all__ = ["QUEUE_OF", "bind", "celery", "configure"]
