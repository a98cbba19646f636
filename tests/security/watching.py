"""Watches a world: what people read that is not theirs, and what is changed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.db import db
from tests.security.asking import Objects, rows_of_everything
from tests.security.canaries import Canaries
from tests.security.readers import Readers
from tests.security.sides import Somebody
from tests.security.world import World

PEOPLE = (
    "owner",
    "staff",
    "member",
    "lead",
    "institution lead",
    "worker",
    "headquarters",
    "headquarters member",
    "manager",
    "auditor",
    "administrator",
)
OF_A_SIDE = PEOPLE[:6]
# Moved by an act on one's own ticket: when somebody was last asked.
NOT_THEIRS = {"last_offered_at", "last_assigned_at"}
# The zone's own sums: a new day or month begins rows that are of nobody. What is summed has its own
# rows, which are watched.
SUMS = {"money_sum", "usage_enterprise_month", "usage_excluded_month", "usage_month"}


class Watch:
    """The world with its canaries and what is known of it."""

    def __init__(self, app: Flask, owner_url: str) -> None:
        self.app = app
        owner = sa.create_engine(owner_url)
        with app.app_context(), owner.begin() as connection:
            self.world = World(app)
            self.canaries = Canaries(self.world.home, connection)
        owner.dispose()
        self.look_again()

    def person(self, name: str) -> Somebody:
        """Give somebody of side a, or of the zone."""
        return self.world.zone.get(name) or self.world.sides["a"].people[name]

    def leaks(self, who: Somebody | None, text: str, *, of_log: bool = False) -> list[str]:
        """List the words in an answer that this person may not read; those of the security log have
        readers of their own.
        """
        found = self.canaries.seen_in(text)
        with self.app.app_context():
            return [
                str(canary)
                for number, canary in found.items()
                if not self._may_read(who, number)
                and not (of_log and who and self.readers.may_read_in_log(who.actor, canary))
            ]

    def _may_read(self, who: Somebody | None, number: int) -> bool:
        if who is None:
            return False
        key = (who.actor.membership_id or 0, number)
        if key not in self._may:
            self._may[key] = self.readers.may_read(who.actor, self.canaries.known[number])
        return self._may[key]

    def look_again(self) -> None:
        """Read who may see what, as it stands now: acts give tickets to others."""
        with self.app.app_context():
            self.readers = Readers()
            self.objects = Objects(self.readers)
            db.session.rollback()
        self._may: dict[tuple[int, int], bool] = {}

    def tickets_of(self, who: Somebody) -> set[int]:
        """Name the tickets that somebody may open now."""
        return {one for one in self.readers.tickets if self.readers.sees(who.actor, one)}

    def rows(self) -> dict[tuple[str, tuple[Any, ...]], dict[str, Any]]:
        """Read the whole database."""
        with self.app.app_context():
            read = {(table, key): row for table, key, row in rows_of_everything()}
            db.session.rollback()
        return read


def some(objects: list[Any], most: int) -> list[Any]:
    """Take a few from all over a list."""
    return (
        objects
        if len(objects) <= most
        else [objects[i * len(objects) // most] for i in range(most)]
    )


def ticket_of(table: str, row: dict[str, Any]) -> int | None:
    """Name the ticket that a row is of."""
    return row["id"] if table == "ticket" else row.get("ticket_id")


def is_foreign(watch: Watch, who: Somebody, table: str, row: dict[str, Any]) -> bool:
    """Say whether a row belongs to somebody else: to a ticket one does not see, or to another
    organisation or person.
    """
    actor = who.actor
    ticket_id = ticket_of(table, row)
    if ticket_id is not None:
        known = ticket_id in watch.readers.tickets
        return (
            not watch.readers.sees(actor, ticket_id)
            if known
            else row.get("enterprise_id") not in {None, actor.enterprise_id}
            and actor.enterprise_id is not None
        )
    if table == "clock_pause":
        return actor.enterprise_id is not None and bool(row["enterprise_id"] != actor.enterprise_id)
    if table in {"enterprise", "station", "institution", "person"}:
        return bool(row["id"] != getattr(actor, f"{table}_id"))
    if table == "member":
        return bool(row["station_id"] != actor.station_id)
    if "person_id" in row and table in {"draft", "api_token", "notification"}:
        return bool(row["person_id"] != actor.person_id)
    places = [
        (row.get(place), getattr(actor, place))
        for place in ("enterprise_id", "station_id", "institution_id")
        if row.get(place) is not None
    ]
    return bool(places) and not any(mine == theirs for theirs, mine in places)
