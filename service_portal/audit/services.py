"""Writes entries of the security log. However often a thing is repeated, its entries stay few."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from service_portal.audit.rules import MOST_ABOUT_ONE, MOST_OF_STRANGERS, ONE_BY_ONE, Kind
from service_portal.kernel.db import db
from service_portal.kernel.networks import network_of


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `alike` names what counts as the same thing again."""

    kind: Kind
    details: dict[str, Any] = field(default_factory=dict)
    object_table: str | None = None
    object_id: str | None = None
    object_name: str = ""
    alike: str = ""


# The times it happened in these ten minutes are counted where tries to sign in are, and swept with
# them.
_WRITE = sa.text("""
    WITH alike AS (
        INSERT INTO throttle (key, window_at, hits)
        VALUES (:alike, date_bin('10 minutes', clock_timestamp(), 'epoch'), 1)
        ON CONFLICT (key, window_at) DO UPDATE SET hits = throttle.hits + 1 RETURNING hits
    ), share AS (
        INSERT INTO throttle (key, window_at, hits)
        SELECT :share, date_bin('10 minutes', clock_timestamp(), 'epoch'), 1 FROM alike
        WHERE CAST(:person_id AS bigint) IS NULL AND (hits <= :one_by_one
            OR CAST(hits AS text) ~ '^10+$')
        ON CONFLICT (key, window_at) DO UPDATE SET hits = throttle.hits + 1 RETURNING hits
    )
    INSERT INTO security_log (kind, person_id, person_name, role, object_table, object_id,
        object_name, address, agent, details)
    SELECT :kind, :person_id, :name, :role, :object_table, :object_id, :object_name, :address,
        :agent,
        CAST(:details AS jsonb) || CASE WHEN hits > :one_by_one THEN jsonb_build_object('times',
            hits) ELSE '{}' END
    FROM alike
    WHERE (hits <= :one_by_one OR CAST(hits AS text) ~ '^10+$')
        AND NOT EXISTS (SELECT FROM share WHERE share.hits > :most)
""")


def note(event: Event, *, who: dict[str, Any]) -> None:
    """Write an entry, or count one more of what was written a moment ago.

    `who` is the person, role, address and browser of the request. What one client repeats within
    ten minutes stands once, then at its 10th, 100th time and so on; what strangers do is cut at a
    number for each kind and way, for all of them together, and for each person they are about: who
    floods one share leaves the others as they are.
    """
    person_id = who.get("person_id")
    client = person_id if person_id is not None else network_of(who.get("address", ""))
    is_about_one = event.object_table == "person" and event.object_id is not None
    whose = f"person:{event.object_id}" if is_about_one else "strangers"
    share = f"{whose}:{event.kind}:{event.details.get('by', '')}"
    db.session.execute(
        _WRITE,
        {
            "alike": f"log:{event.kind}:{client}:{event.alike}"[:200],
            "person_id": person_id,
            "name": who.get("name", ""),
            "role": who.get("role", "system"),
            "address": who.get("address", "")[:60],
            "agent": who.get("agent", ""),
            "kind": event.kind,
            "object_table": event.object_table,
            "object_id": event.object_id,
            "object_name": event.object_name[:255],
            "details": json.dumps(event.details, ensure_ascii=False),
            "one_by_one": ONE_BY_ONE.get(event.kind, 1),
            "share": f"log:share:{share}",
            "most": MOST_ABOUT_ONE if is_about_one else MOST_OF_STRANGERS,
        },
    )
