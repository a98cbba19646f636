"""Recounts usage from what happened, independent of how it was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service_portal.counting.rules import COUNTED, NOT_SOLVED, REOPENED
from service_portal.counting.words import CHECKS
from service_portal.kernel.clock import zone_time
from service_portal.kernel.codes import among
from service_portal.ledger.queries import at_one_moment, differing_rollups, verify
from service_portal.ledger.recounting import keys, moments, times
from service_portal.money import recounting
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.delivery_rules import LATEST
from service_portal.tickets.predicates import ENDED_WELL
from service_portal.tickets.rules import Move, Status, Verdict
from service_portal.tickets.versions import FROM_VERSION
from service_portal.web.translations import Later

# A corrected event keeps its entry and the reversal beside it, so what is counted once is the entry
# that is no reversal. What never was is not counted, taken back or not.
_EVENTS = """
    SELECT count(*) FROM (SELECT id FROM service_event WHERE countable) AS e
    FULL JOIN (
        SELECT service_event_id AS id, count(*) FILTER (WHERE quantity = 1) AS counted
        FROM usage_entry WHERE measure = 'event' GROUP BY 1
    ) AS u USING (id)
    WHERE e.id IS NULL OR coalesce(u.counted, 0) <> 1
"""

# The service that a ticket had until it was changed; of several changes each until its own.
_SERVICE_BEFORE = f"""
    service_before AS MATERIALIZED (
        SELECT ticket_id, at AS until,
            coalesce(lag(at) OVER (PARTITION BY ticket_id ORDER BY at), '-infinity') AS since,
            data->>'from_service' AS service_code, data->>'from_category' AS category_code,
            CAST(data->>'{FROM_VERSION}' AS bigint) AS version_id
        FROM timeline_entry WHERE kind = '{Move.CHANGE_SERVICE}'
    )
"""

# Lines keep what was so when they were written; none of it may change on a contact or its ticket.
_CONTENTS = f"""
    WITH basis AS MATERIALIZED (
        SELECT id, definition->>'count_basis' = 'event' AS is_event FROM service_version
    ), {_SERVICE_BEFORE}
    SELECT count(*) FROM usage_entry AS u
    JOIN service_event AS e ON e.id = u.service_event_id
    JOIN ticket AS t ON t.id = e.ticket_id
    LEFT JOIN service_before AS s ON s.ticket_id = t.id
        AND e.recorded_at > s.since AND e.recorded_at <= s.until
    LEFT JOIN basis AS b ON b.id = coalesce(s.version_id, t.service_version_id)
    WHERE u.measure = 'event' AND u.quantity = 1
        AND (u.at, u.minutes, u.day, u.ticket_id, u.enterprise_id, u.enterprise_id, u.station_id,
            u.institution_id, u.park_id, u.category_code, u.service_code, u.persons)
        IS DISTINCT FROM (e.started_at, e.minutes, e.day, e.ticket_id, e.enterprise_id,
            t.enterprise_id, e.station_id, e.institution_id, t.park_id,
            coalesce(s.category_code, t.category_code), coalesce(s.service_code, t.service_code),
            CASE WHEN e.channel = 'event' OR b.is_event AND e.channel NOT IN ('message', 'document')
                THEN e.attendees ELSE 0 END)
"""

# A case is counted at the moment its ticket closes, or a verdict makes it one, for the provider
# that closed it: what the ticket says of its present cycle, and for good of enterprise, park and
# service.
_CLOSINGS = f"""
    WITH {_SERVICE_BEFORE}
    SELECT count(*) FROM usage_entry AS u JOIN ticket AS t ON t.id = u.ticket_id
    LEFT JOIN service_before AS s ON s.ticket_id = t.id AND u.at > s.since AND u.at <= s.until
    WHERE u.measure = 'case' AND u.quantity = 1 AND (
        (u.enterprise_id, u.park_id, u.category_code, u.service_code, u.minutes, u.persons, u.day)
            IS DISTINCT FROM (t.enterprise_id, t.park_id,
                coalesce(s.category_code, t.category_code),
                coalesce(s.service_code, t.service_code), 0, 0, (u.at AT TIME ZONE :zone)::date)
        OR u.service_event_id IS NOT NULL
        OR {ENDED_WELL.of("t")}
            AND (u.unique_key || ':') LIKE concat('case:', t.id, ':', t.cycle, ':%')
            AND (u.station_id, u.institution_id)
                IS DISTINCT FROM (t.station_id, t.institution_id)
        OR NOT EXISTS (
            SELECT FROM timeline_entry AS l WHERE l.ticket_id = u.ticket_id AND l.at = u.at
                AND (l.to_status = '{Status.CLOSED}' OR l.kind = '{EntryKind.VERDICT}')
                AND l.data->>'verdict' IS DISTINCT FROM '{Verdict.NOT_SOLVED}'
        )
    )
"""

# A contact that counts was recorded in time, of the day on which it was. At that moment the
# timeline has an entry for each: of a contact, or of the answer that was one.
_CONTACTS = f"""
    WITH had AS (
        SELECT ticket_id, recorded_at AS at, count(*) AS contacts,
            bool_or(countable AND (
                started_at NOT BETWEEN recorded_at - interval '{LATEST.days} days' AND recorded_at
                OR day <> (started_at AT TIME ZONE :zone)::date
            )) AS untimely
        FROM service_event GROUP BY 1, 2 HAVING bool_or(countable)
    ), told AS (
        SELECT ticket_id, at, count(*) AS entries FROM timeline_entry
        WHERE kind IN ('{EntryKind.CONTACT}', '{Move.ANSWER}') GROUP BY 1, 2
    )
    SELECT count(*) FROM had LEFT JOIN told USING (ticket_id, at)
    WHERE had.untimely OR coalesce(told.entries, 0) < had.contacts
"""

_TWICE = """
    SELECT count(*) FROM (
        SELECT 1 FROM service_event WHERE countable
        GROUP BY ticket_id, coalesce(institution_id, -station_id), day HAVING count(*) > 1
    ) AS twice
"""

# Of a closed case that is solved, wholly or partly, the last entry of its last cycle is there,
# corrected or not, but not taken back as unsolved; every earlier one is reversed. An open one, or
# one that is not solved, has none left.
_CASES = f"""
    SELECT count(*) FROM (
        SELECT t.id, concat('case:', t.id, ':', t.cycle) AS key,
               {ENDED_WELL.of("t")}
               AND coalesce({among("t.close_outcome", COUNTED)}, false)
               AND coalesce(r.verdict <> '{Verdict.NOT_SOLVED}', true) AS is_case
        FROM ticket AS t LEFT JOIN rating AS r ON r.ticket_id = t.id AND r.cycle = t.cycle
    ) AS t
    LEFT JOIN (
        SELECT e.ticket_id AS id,
               array_agg(e.unique_key ORDER BY e.seq DESC) AS keys,
               array_agg(e.unique_key) FILTER (WHERE back.seq IS NULL) AS standing,
               (array_agg(back.reason ORDER BY e.seq DESC))[1] AS last_reason
        FROM usage_entry AS e LEFT JOIN usage_entry AS back ON back.reverses = e.seq
        WHERE e.measure = 'case' AND e.quantity = 1
        GROUP BY 1
    ) AS u USING (id)
    WHERE CASE WHEN t.is_case THEN
        u.keys IS NULL
        OR NOT (u.keys[1] = t.key OR u.keys[1] LIKE t.key || ':%')
        OR NOT coalesce(u.standing, '{{}}') <@ u.keys[1:1]
        OR coalesce(u.last_reason = '{NOT_SOLVED}', false)
    ELSE u.standing IS NOT NULL END
"""

# What an enterprise says of a result stands in the timeline, which only grows: with the closing, or
# with the last change. Nobody speaks where silence closed. (Confirmations of the first release say
# nothing in the timeline, and those before stars were kept there say no stars.)
_VERDICTS = f"""
    SELECT count(*) FROM ticket AS t
    CROSS JOIN LATERAL (
        SELECT l.kind, l.data FROM timeline_entry AS l
        WHERE l.ticket_id = t.id
            AND (l.to_status = '{Status.CLOSED}' OR l.kind = '{EntryKind.VERDICT}')
        ORDER BY l.at DESC, l.id DESC LIMIT 1
    ) AS said
    LEFT JOIN rating AS r ON r.ticket_id = t.id AND r.cycle = t.cycle
    WHERE {ENDED_WELL.of("t")}
        AND ((said.kind = '{Move.AUTO_CLOSE}' OR said.data ? 'verdict')
                AND r.verdict IS DISTINCT FROM said.data->>'verdict'
            OR said.data ? 'level' AND r.level IS DISTINCT FROM CAST(said.data->>'level' AS int))
"""

# A reversal says what its line says, of the day of its own moment, which is not before its line's.
# What the portal takes back by itself has its cause in the timeline at that moment: a reopening, or
# a verdict. (Those of the first release, all taken back at one moment by its upgrade, have none.)
# Everything else is a person's doing.
_REVERSALS = f"""
    SELECT count(*) FROM usage_entry AS r LEFT JOIN usage_entry AS e ON e.seq = r.reverses
    WHERE r.quantity = -1 AND (
        e.seq IS NULL
        OR (e.measure, e.ticket_id, e.enterprise_id, e.station_id, e.institution_id, e.park_id,
            e.category_code, e.service_code, e.service_event_id, e.minutes, e.persons)
            IS DISTINCT FROM (r.measure, r.ticket_id, r.enterprise_id, r.station_id,
                r.institution_id, r.park_id, r.category_code, r.service_code, r.service_event_id,
                r.minutes, r.persons)
        OR r.day <> (r.at AT TIME ZONE :zone)::date OR r.day < e.day OR r.seq < e.seq
        OR CASE
            WHEN r.measure = 'case' AND r.reason = '{REOPENED}' THEN NOT EXISTS (
                SELECT FROM timeline_entry AS l WHERE l.ticket_id = r.ticket_id AND l.at = r.at
                    AND l.kind = '{Move.REOPEN}'
            )
            WHEN r.measure = 'case' AND r.reason = '{NOT_SOLVED}' THEN NOT EXISTS (
                SELECT FROM timeline_entry AS l WHERE l.ticket_id = r.ticket_id AND l.at = r.at
                    AND l.kind = '{EntryKind.VERDICT}'
                    AND l.data->>'verdict' = '{Verdict.NOT_SOLVED}'
            ) AND (r.actor_person_id IS NOT NULL OR r.at <> (
                SELECT min(o.at) FROM usage_entry AS o WHERE o.measure = 'case'
                    AND o.reason = '{NOT_SOLVED}' AND o.actor_person_id IS NULL
            ))
            ELSE r.reason = ''
        END
    )
"""

# A contact counts by when it was; its line is written when it is recorded.
_WRITTEN = """
    SELECT u.seq, coalesce(e.recorded_at, u.at) AS at FROM usage_entry AS u
    LEFT JOIN service_event AS e
        ON e.id = u.service_event_id AND u.measure = 'event' AND u.quantity = 1
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing recounted: whether it holds, and how far it is off when not."""

    code: str
    holds: bool
    detail: str = ""

    @property
    def words(self) -> Later:
        """Say what was recounted."""
        return CHECKS[self.code]

    @property
    def what(self) -> str:
        """Say it in English, for a terminal."""
        return self.words.within("en")


def prove(*, now: datetime) -> list[Finding]:
    """Recount the whole ledger and list every finding, those that hold too."""
    fault = verify()
    where = f"{fault.kind} at {fault.seq} {fault.detail}".rstrip() if fault else ""
    findings = [Finding("chain", fault is None, where)]
    findings += [
        Finding(table, rows == 0, f"{rows} rows") for table, rows in differing_rollups().items()
    ]
    for code, off in at_one_moment(_RECOUNTS, zone=zone_time().key, now=now).items():
        findings.append(Finding(code, off == 0, f"{off} differ"))
    return [*findings, *_of_money(now)]


def _of_money(now: datetime) -> list[Finding]:
    fault = recounting.verify()
    where = f"{fault.kind} at {fault.seq} {fault.detail}".rstrip() if fault else ""
    return [
        Finding("money_chain", fault is None, where),
        *(
            Finding(code, rows == 0, f"{rows} rows")
            for code, rows in recounting.differing(now=now).items()
        ),
    ]


_RECOUNTS = {
    "events": _EVENTS,
    "contents": _CONTENTS,
    "contacts": _CONTACTS,
    "twice": _TWICE,
    "cases": _CASES,
    "closings": _CLOSINGS,
    "verdicts": _VERDICTS,
    "corrections": _REVERSALS,
    "keys": keys("usage"),
    "times": times("usage", "day"),
    "moments": moments("usage", _WRITTEN),
}
