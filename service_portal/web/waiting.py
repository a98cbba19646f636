"""Waits for another program without holding what everybody needs meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from flask import request

from service_portal.kernel.db import db
from service_portal.web.slow_bodies import BESIDE


@contextmanager
def waiting_beside() -> Iterator[None]:
    """Give the request's place and its connection to the database to others for a while.

    Only between two units of work: what was read before is read anew after it.
    """
    db.session.rollback()
    beside = request.environ.get(BESIDE)
    with beside() if beside else nullcontext():
        yield
