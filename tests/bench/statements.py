"""Counts the statements of the pages people open most."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from flask import current_app

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from tests.bench.figures import cases_of
from tests.bench.measuring import Bench
from tests.bench.reporting import Figure
from tests.bench.visitors import Visitor, visitors

MOST_STATEMENTS = 12


def statements(bench: Bench) -> list[Figure]:
    """Count the SQL statements of the pages people open most, the second time each is opened."""
    member, ticket_id = cases_of(visitors(Role.STATION_MEMBER))[0]
    manager, owner, lead = (
        visitors(role, most=1)[0]
        for role in (Role.MANAGER, Role.ENTERPRISE_OWNER, Role.STATION_LEAD)
    )
    institution = visitors(Role.INSTITUTION_LEAD, most=1)[0]
    wanted = [
        ("ticket page", member, f"/tickets/{ticket_id}"),
        ("queue page", member, "/queue"),
        ("enterprise home", owner, "/home"),
        ("request form", owner, "/tickets/new/POL-03"),
        ("board", lead, "/board"),
        ("institution desk", institution, "/institution"),
        ("counts page", manager, "/counts"),
        ("search", manager, "/all-tickets?q=专利"),
    ]
    figures = []
    for name, person, path in wanted:
        seen: list[str] = []

        def note(
            _c: object, _cursor: object, statement: str, *_: object, seen: list[str] = seen
        ) -> None:
            seen.append(statement)

        _open(path, person)
        sa.event.listen(db.engine, "before_cursor_execute", note)
        try:
            status = _open(path, person)
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note)
        figures.append(
            bench.figure(
                f"statements: {name}",
                len(seen),
                "",
                most=MOST_STATEMENTS,
                note="" if status == 200 else f"answered {status}",
            )
        )
    return figures


def _open(path: str, person: Visitor) -> int:
    """Open a page in this process, in a thread of its own: what a request keeps must not outlive
    it.
    """
    client = current_app.test_client(use_cookies=False)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(client.get, path, headers={"Cookie": person.cookie}).result().status_code
