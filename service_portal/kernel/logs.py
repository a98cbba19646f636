"""Structured logs: one line an event, the ids in fields, text for people or JSON for machines."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs(*, level: str, fmt: str) -> None:
    """Send every log line, ours and the libraries', to standard error in one shape."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if fmt == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(logging.getLevelName(level), logging.WARNING), stream=sys.stderr)


def bind(**fields: object) -> None:
    """Put `fields` on every log line of the present request or task."""
    structlog.contextvars.bind_contextvars(**fields)


def unbind_all() -> None:
    """Forget the fields of the previous request or task."""
    structlog.contextvars.clear_contextvars()


log = structlog.get_logger()
