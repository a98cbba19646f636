"""The reckoning after a storm: what programs were told against what the database and the mail
server hold, in SQL of its own.
"""

from __future__ import annotations

from typing import Any

import psycopg

from tests.live import Live

# Each statement names what is wrong; no rows means that it holds.
LOST_OR_DOUBLED = {
    "a ticket is not routed exactly once": (
        """
        SELECT t.reference, t.station_id, count(e.id) FROM ticket AS t
        LEFT JOIN timeline_entry AS e ON e.ticket_id = t.id AND e.kind = 'route'
        GROUP BY t.id HAVING count(e.id) <> 1 OR t.station_id IS NULL"""
    ),
    "a ticket has not exactly one decision on its station": (
        """
        SELECT t.reference, count(d.id) FROM ticket AS t
        LEFT JOIN decision AS d ON d.ticket_id = t.id AND d.kind = 'route'
        GROUP BY t.id HAVING count(d.id) <> 1"""
    ),
    "a ticket is not assigned exactly once": (
        """
        SELECT t.reference, t.owner_id, count(e.id) FROM ticket AS t
        LEFT JOIN timeline_entry AS e ON e.ticket_id = t.id AND e.kind = 'assign'
        GROUP BY t.id HAVING count(e.id) <> 1 OR t.owner_id IS NULL"""
    ),
    "a ticket has not exactly one decision on its owner": (
        """
        SELECT t.reference, count(d.id) FROM ticket AS t
        LEFT JOIN decision AS d ON d.ticket_id = t.id AND d.kind = 'assign'
        GROUP BY t.id HAVING count(d.id) <> 1"""
    ),
    "a ticket's one assignment is not open while it is, or names another owner": (
        """
        SELECT t.reference, t.status, count(a.id) FROM ticket AS t
        LEFT JOIN assignment AS a ON a.ticket_id = t.id
        GROUP BY t.id
        HAVING count(a.id) <> 1 OR bool_or(a.member_id <> t.owner_id)
            OR bool_or(a.to_at IS NULL) <> (t.status <> 'closed')"""
    ),
    "an event is kept for one task twice": (
        """
        SELECT ticket_id, event, task, count(*) FROM outbox WHERE event <> 'rung.reached'
        GROUP BY 1, 2, 3 HAVING count(*) > 1"""
    ),
    "an event is dead or undone": (
        "SELECT id, event, task, attempts, last_error, dead_at FROM outbox WHERE done_at IS NULL"
    ),
    "a message is promised twice": (
        """
        SELECT ticket_id, kind, person_id, count(*) FROM notification
        WHERE kind NOT LIKE 'rung%' GROUP BY 1, 2, 3 HAVING count(*) > 1"""
    ),
    "a filing is not confirmed to who filed it by one mail": (
        """
        SELECT t.reference, count(d.id) FROM ticket AS t
        LEFT JOIN notification AS n ON n.ticket_id = t.id AND n.kind = 'ticket.filed'
        LEFT JOIN notification_delivery AS d ON d.notification_id = n.id AND d.channel = 'mail'
        GROUP BY t.id HAVING count(d.id) <> 1"""
    ),
    "an owner is not told of a case exactly once": (
        """
        SELECT t.reference, count(n.id) FROM ticket AS t
        LEFT JOIN notification AS n ON n.ticket_id = t.id AND n.kind = 'ticket.assigned'
            AND n.channel = 'app'
        GROUP BY t.id HAVING count(n.id) <> 1"""
    ),
    "a mail is not sent": (
        "SELECT id, state, attempts, last_error FROM notification_delivery WHERE state <> 'sent'"
    ),
    "a rung spoke twice": (
        "SELECT clock_id, rung, count(*) FROM alarm GROUP BY 1, 2 HAVING count(*) > 1"
    ),
    "a rung is not on the timeline as often as it spoke": (
        """
        SELECT c.id, a.spoken, e.written, o.said FROM clock AS c
        JOIN LATERAL (SELECT count(*) FILTER (WHERE NOT skipped) AS spoken FROM alarm
            WHERE ticket_id = c.ticket_id AND kind = c.kind) AS a ON true
        JOIN LATERAL (SELECT count(*) AS written FROM timeline_entry
            WHERE ticket_id = c.ticket_id AND kind = 'rung' AND data->>'clock' = c.kind) AS e
            ON true
        JOIN LATERAL (SELECT count(*) AS said FROM outbox
            WHERE ticket_id = c.ticket_id AND event = 'rung.reached'
            AND payload->>'clock' = c.kind) AS o ON true
        WHERE a.spoken <> e.written OR a.spoken <> o.said"""
    ),
    "a reminder reaches somebody twice": (
        """
        SELECT ticket_id, kind, person_id, count(*) FROM notification
        WHERE kind LIKE 'rung%' GROUP BY 1, 2, 3 HAVING count(*) > 1"""
    ),
    "an alarm is due and silent": (
        "SELECT id, next_alarm_at FROM clock WHERE stopped_at IS NULL AND next_alarm_at < now() -"
        " interval '20 s'"
    ),
    "a closed ticket has not one countable delivery": (
        """
        SELECT t.reference, count(s.id) FROM ticket AS t
        LEFT JOIN service_event AS s ON s.ticket_id = t.id AND s.countable
        GROUP BY t.id HAVING count(s.id) <> (CASE WHEN t.status = 'closed' THEN 1 ELSE 0 END)"""
    ),
    "a closed ticket is not counted once as event and once as case, or an open one is": (
        """
        SELECT t.reference, t.status, array_agg(u.measure) FROM ticket AS t
        LEFT JOIN usage_entry AS u ON u.ticket_id = t.id
        GROUP BY t.id
        HAVING coalesce(array_agg(u.measure ORDER BY u.measure)
            FILTER (WHERE u.measure IS NOT NULL), '{}')
            <> (CASE WHEN t.status = 'closed' THEN ARRAY['case', 'event'] ELSE '{}' END)"""
    ),
    "the ledger has a gap": (
        "SELECT count(*), max(seq) FROM usage_entry HAVING count(*) <> coalesce(max(seq), 0)"
    ),
    "an offer is made twice": (
        "SELECT ticket_id, count(*) FROM offer GROUP BY 1 HAVING count(*) > 1"
    ),
}


def faults(live: Live) -> dict[str, list[Any]]:
    """Give everything that is lost or doubled, by what is wrong; a handful of examples each."""
    with live.connect() as connection:
        found = {
            what: connection.execute(query).fetchmany(5) for what, query in LOST_OR_DOUBLED.items()
        }
    return {what: rows for what, rows in found.items() if rows}


def stored(live: Live) -> dict[str, str]:
    """Map each idempotency key of a filing to the reference of its ticket."""
    with live.connect() as connection:
        rows = connection.execute(
            "SELECT k.key, t.reference FROM idempotency_key AS k JOIN ticket AS t ON t.id ="
            " k.ticket_id WHERE k.key LIKE 'filing-%'"
        ).fetchall()
    references = dict(rows)
    assert len(rows) == len(references)
    return references


def count(live: Live, query: str) -> int:
    """Give the number a query asks for."""
    with live.connect() as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(str(row[0]))


def message_ids(live: Live) -> set[str]:
    """Give the Message-IDs of all promised mails."""
    with live.connect() as connection:
        return {
            str(row[0])
            for row in connection.execute(
                "SELECT message_id FROM notification_delivery WHERE channel = 'mail'"
            )
        }


def hurry(connection: psycopg.Connection[Any], *, each: int, but_each: int) -> int:
    """Let the promise of every so-many-th filing so far be long past, so that its alarms are due
    now, but not of those that are delivered meanwhile; give how many clocks that are.
    """
    moved = connection.execute(
        "UPDATE clock SET started_at = started_at - interval '30 days', due_at = due_at - interval"
        " '30 days', next_alarm_at = next_alarm_at - interval '30 days' FROM (SELECT ticket_id,"
        " right(key, 6)::int AS number FROM idempotency_key WHERE key LIKE 'filing-%%') AS filed"
        " WHERE filed.ticket_id = clock.ticket_id AND filed.number %% %s = 1 AND filed.number %% %s"
        " <> 0 AND clock.kind = 'resolve'",
        (each, but_each),
    )
    return moved.rowcount
