"""Structured logs: one line an event, the ids in fields, text for people or JSON for machines.

A log holds nothing that people typed, and a log that can't be written stops nothing.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO

import structlog

from service_portal.kernel.masking import mask


class Lenient:
    """A stream that loses a line where the disk is full, instead of failing whoever wrote it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with suppress(OSError):
            self._stream.flush()


class Masking(logging.Formatter):
    """Formats the lines of libraries, without what people typed."""

    def formatException(self, ei: Any) -> str:
        """Give the traceback of a masked error."""
        mask(ei[1])
        return super().formatException(ei)


def _mask_errors(
    _logger: Any,
    _method: str,
    event: structlog.types.EventDict,
) -> structlog.types.EventDict:
    found = event.get("exc_info")
    mask(found if isinstance(found, BaseException) else sys.exc_info()[1] if found else None)
    return event


def configure_logs(*, level: str, fmt: str) -> None:
    """Send every log line, ours and the libraries', to standard error in one shape."""
    stream: Any = Lenient(sys.stderr)
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _mask_errors,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if fmt == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Masking(logging.BASIC_FORMAT))
    least = max(logging.getLevelName(level), logging.WARNING)
    logging.basicConfig(level=least, handlers=[handler])


def bind(**fields: object) -> None:
    """Put `fields` on every log line of the present request or task."""
    structlog.contextvars.bind_contextvars(**fields)


def unbind_all() -> None:
    """Forget the fields of the previous request or task."""
    structlog.contextvars.clear_contextvars()


log = structlog.get_logger()
