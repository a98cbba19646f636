"""What holds of every ledger: entries are numbered without gaps, chained by their hashes, written
once by their key, never changed, and corrected by reversals.

An instance is declared by `Ledger`. Its tables `<name>_entry`, `<name>_head` and `<name>_anchor`
have the columns of `ledger.columns` and its own dimensions. Its database functions are
`<name>_digest(prev, entry)`, `<name>_append(entry)` and `<name>_append_many(entries)`: only they
write, so they also keep its sums. See decision 0033.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing

_APPEND = "SELECT {name}_append(CAST(:entry AS jsonb))"
_APPEND_MANY = "SELECT count(*) FROM {name}_append_many(CAST(:entries AS jsonb))"

_READ = """
    SELECT to_jsonb(e) AS entry,
        EXISTS (SELECT FROM {name}_entry AS r WHERE r.reverses = e.seq) AS is_reversed
    FROM {name}_entry AS e WHERE e.seq = :seq
"""

_REVERSED = "SELECT reverses FROM {name}_entry WHERE seq = :seq"

# A digest of a version that the database does not know is NULL, and differs.
_BROKEN = """
    WITH chained AS (
        SELECT e.seq, e.prev, e.hash, {name}_digest(e.prev, e) AS digest,
               lag(e.seq, 1, 0::bigint) OVER w AS seq_before,
               lag(e.hash, 1, '\\x00'::bytea) OVER w AS hash_before
        FROM {name}_entry AS e WINDOW w AS (ORDER BY e.seq)
    )
    SELECT seq,
           CASE WHEN seq <> seq_before + 1 THEN 'gap'
                WHEN prev <> hash_before THEN 'chain'
                ELSE 'content' END AS fault
    FROM chained
    WHERE seq <> seq_before + 1 OR prev <> hash_before OR hash IS DISTINCT FROM digest
    ORDER BY seq LIMIT 1
"""

_HEAD = """
    SELECT h.seq AS head_seq, h.hash AS head_hash, coalesce(e.seq, 0) AS last_seq,
        coalesce(e.hash, '\\x00') AS last_hash
    FROM {name}_head AS h
    LEFT JOIN LATERAL (SELECT seq, hash FROM {name}_entry ORDER BY seq DESC LIMIT 1) AS e ON true
"""

_ANCHORS = """
    SELECT a.day, a.seq FROM {name}_anchor AS a LEFT JOIN {name}_entry AS e ON e.seq = a.seq
    WHERE a.seq > 0 AND (e.seq IS NULL OR e.hash <> a.hash) ORDER BY a.day LIMIT 1
"""

_KEEP_ANCHOR = """
    INSERT INTO {name}_anchor (day, seq, hash, at)
    SELECT CAST(:day AS date), seq, hash, CAST(:now AS timestamptz) FROM {name}_head
    ON CONFLICT (day) DO NOTHING
"""

_LENGTH = "SELECT seq FROM {name}_head"

# What the database gives an entry as it is appended.
_GIVEN = {"seq", "digest_version", "prev", "hash"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a ledger and where: `seq` of the first bad entry, if one is to blame."""

    kind: str
    seq: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger: the name its tables and functions begin with, and the column that is counted."""

    name: str
    counted: str

    def append(self, entry: Mapping[str, object]) -> int:
        """Append an entry in the caller's transaction and give its number; a known `unique_key`
        gives the first one's number.
        """
        values = {"entry": json.dumps(entry, ensure_ascii=False)}
        return int(db.session.scalar(_statement(_APPEND, self.name), values) or 0)

    def append_many(self, entries: Sequence[Mapping[str, object]]) -> None:
        """Append entries in order, in one statement."""
        values = {"entries": json.dumps(entries, ensure_ascii=False)}
        db.session.execute(_statement(_APPEND_MANY, self.name), values).all()

    def reverse(
        self,
        seq: int,
        *,
        person_id: int | None,
        reason: str,
        now: datetime,
        zone: ZoneInfo,
        **instead: object,
    ) -> int:
        """Append the reversal of an entry, dated today, and give its number.

        It says what the entry said, with the opposite of what was counted, but for what is said
        `instead`. An entry can be reversed once; a reversal never.
        """
        found = db.session.execute(_statement(_READ, self.name), {"seq": seq}).one_or_none()
        if found is None:
            raise Missing()
        entry = found.entry
        if entry["reverses"] is not None:
            raise Conflict(_("This line is itself a correction and can't be reversed."))
        if found.is_reversed:
            raise Conflict(_("This line has been reversed already."))
        said = {name: value for name, value in entry.items() if name not in _GIVEN}
        given = self.append(
            {
                **said,
                self.counted: -entry[self.counted],
                "at": now.isoformat(),
                "day": now.astimezone(zone).date().isoformat(),
                "actor_person_id": person_id,
                "unique_key": f"reverse:{seq}",
                "reverses": seq,
                "reason": reason,
                **instead,
            }
        )
        if db.session.scalar(_statement(_REVERSED, self.name), {"seq": given}) != seq:
            raise Conflict(
                _(
                    "Line %(other)s, which reverses another one or none, bears the key of this"
                    " line's correction. Nothing was corrected. Tell whoever runs the portal.",
                    other=given,
                )
            )
        return given

    def keep_anchor(self, *, now: datetime, zone: ZoneInfo) -> None:
        """Keep the head of the chain for yesterday, once: later a cut or rewritten tail shows
        against it.
        """
        yesterday: date = now.astimezone(zone).date() - timedelta(days=1)
        values = {"day": yesterday, "now": now}
        db.session.execute(_statement(_KEEP_ANCHOR, self.name), values)

    def verify(self) -> Fault | None:
        """Find the first change, deletion, insertion, swap, cut or rewritten tail; None when the
        ledger is whole.
        """
        broken = db.session.execute(_statement(_BROKEN, self.name)).first()
        if broken is not None:
            return Fault(broken.fault, broken.seq)
        head = db.session.execute(_statement(_HEAD, self.name)).one()
        if (head.head_seq, bytes(head.head_hash)) != (head.last_seq, bytes(head.last_hash)):
            return Fault("head", head.last_seq, f"head says {head.head_seq}")
        anchor = db.session.execute(_statement(_ANCHORS, self.name)).first()
        if anchor is not None:
            return Fault("anchor", anchor.seq, str(anchor.day))
        return None

    def length(self) -> int:
        """Say how many entries there are."""
        return db.session.scalar(_statement(_LENGTH, self.name)) or 0


@lru_cache
def _statement(pattern: str, name: str) -> sa.TextClause:
    """Give a statement on the tables of a ledger, whose name is a constant of ours."""
    return sa.text(pattern.format(name=name))
