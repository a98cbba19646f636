"""Puts a word of its own into every text column of every row, and says, independently of the
product, who may read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from service_portal.access.actor import Actor
from service_portal.kernel.db import db
from service_portal.tickets.attachments import path_of

CANARY = re.compile(r"zq(\d{6,14})qz", re.IGNORECASE)
# The zone's own tables: no organisation's data.
COMMON = {
    "zone",
    "park",
    "category",
    "service",
    "service_version",
    "station_coverage",
    "calendar",
    "calendar_day",
    "calendar_year",
    "routing_rule",
    "throttle",
    "heartbeat",
    "key_fingerprint",
    "outbox",
    "usage_entry",
    "usage_head",
    "usage_month",
    "usage_enterprise_month",
    "usage_excluded_month",
    "usage_anchor",
    "security_log",
}
# What people administer; every change of it stands in the security log.
ADMINISTERED = {
    "station",
    "institution",
    "member",
    "enterprise",
    "absence",
    "interest_conflict",
    "person",
    "invitation",
    "api_token",
}
# Columns whose words the product itself goes by.
GOES_BY = {
    "ticket": {
        "category_code",
        "channel",
        "delivered_by",
        "waiting_reason",
        "close_outcome",
        "last_word_by",
    },
    "timeline_entry": {"kind", "actor_role", "from_status", "to_status"},
    "message": {"author_role"},
    "attachment": {"content_type"},
    "decision": {"outcome"},
    "offer": {"reason_code"},
    "notification": {"source", "kind"},
    "alarm": {"kind", "rung"},
    "clock": {"last_rung", "next_rung", "outcome"},
    "api_token": {"token_hash"},
    "person": {"fs_uniquifier"},
    "person_session": {"key"},
}
GOES_BY_KEYS = {"party", "channel", "why", "clock", "rung", "outcome", "started_at", "verdict"}
# What every free text ends in: on a page it must never stand as it is.
MARKUP = "<b a='\"&"
BARE = {
    "storage_name",
    "token_hash",
    "message_id",
    "source",
    "prefix",
    "service_code",
    "content_type",
    "sha256",
    "locale",
    "password",
}
UPPER = {("ticket", "reference"), ("station", "code"), ("member", "code"), ("institution", "code")}


@dataclass(frozen=True)
class Canary:
    """Where a word stands."""

    table: str
    column: str
    row: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of row {self.row.get('id', self.row.get('ticket_id'))}"


def free_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """List the columns of a table that can hold any text."""
    checked = " ".join(
        str(rule.sqltext) for rule in table.constraints if isinstance(rule, sa.CheckConstraint)
    )
    kept = GOES_BY.get(table.name, set())
    return [
        column
        for column in table.columns
        if isinstance(column.type, (sa.Text, sa.String, JSONB))
        and not column.primary_key
        and not column.foreign_keys
        and column.name not in kept
        and (column.name == "uscc" or not re.search(rf"\b{column.name}\b(?! = '')", checked))
    ]


class Canaries:
    """Every word set, by its number."""

    def __init__(self, home: Path, owner: sa.Connection) -> None:
        """Set them as the owner of the tables: the product may not rewrite its history."""
        self.known: dict[int, Canary] = {}
        self.home = home
        self.owner = owner
        for table in db.metadata.sorted_tables:
            if table.name not in COMMON:
                self._mark(table)
        line = (
            owner.execute(sa.text("SELECT * FROM usage_entry WHERE reason LIKE 'zq%'"))
            .mappings()
            .all()
        )
        self.known[999_999] = Canary("usage_entry", "reason", dict(line[0]))

    def _word(self, table: str, column: str, row: Mapping[str, Any], width: int = 6) -> str:
        number = 100_001 + len(self.known)
        self.known[number] = Canary(table, column, row)
        return f"zq{number:0{width}}qz"

    def _mark(self, table: sa.Table) -> None:
        columns = free_columns(table)
        if not columns:
            return
        for row in self.owner.execute(sa.select(table)).mappings().all():
            new = {column.name: self._value(table.name, column, dict(row)) for column in columns}
            if table.name == "attachment":
                old, moved = (
                    path_of(row["storage_name"], self.home),
                    path_of(new["storage_name"], self.home),
                )
                moved.parent.mkdir(parents=True, exist_ok=True)
                old.unlink()
                moved.write_text(self._word("attachment", "content", dict(row)))
            key = sa.and_(*(column == row[column.name] for column in table.primary_key.columns))
            self.owner.execute(sa.update(table).where(key).values(new))

    def _value(self, table: str, column: sa.Column[Any], row: dict[str, Any]) -> Any:
        if isinstance(column.type, JSONB):
            return self._document(row[column.name], table, column.name, row)
        if column.name == "uscc":
            return self._word(table, column.name, row, width=14).upper()
        word = self._word(table, column.name, row)
        if column.name == "email":
            return f"{word}@example.org"
        if (table, column.name) in UPPER:
            return word.upper()
        return word if column.name in BARE else word + MARKUP

    def _document(self, value: Any, table: str, column: str, row: dict[str, Any]) -> Any:
        if isinstance(value, dict):
            made = {
                key: inner if key in GOES_BY_KEYS else self._document(inner, table, column, row)
                for key, inner in value.items()
            }
            return (
                made
                if column in {"answers", "values"}
                else {**made, "aside": self._word(table, column, row)}
            )
        if isinstance(value, list):
            return [self._document(inner, table, column, row) for inner in value]
        return self._word(table, column, row) + MARKUP if isinstance(value, str) else value

    def seen_in(self, text: str) -> dict[int, Canary]:
        """Find the words in a text."""
        return {
            int(number): self.known[int(number)]
            for number in CANARY.findall(text)
            if int(number) in self.known
        }


@dataclass(frozen=True)
class TicketFacts:
    """What decides who may see a ticket, read once."""

    enterprise_id: int
    filed_by_id: int
    station_id: int
    owners: frozenset[int]
    live: Mapping[int, str]
    institution_id: int | None
    on_behalf: bool


ENTERPRISE, STATION, INSTITUTION = (
    {"enterprise_owner", "enterprise_staff"},
    {"station_member", "station_lead"},
    {"institution_lead", "institution_worker"},
)


class Readers:
    """Says who may read what.

    Written from the papers (reliability.md 5.6), not from the policy's code.
    """

    def __init__(self) -> None:
        """Read the facts of all tickets."""
        rows = db.session.execute(
            sa.text("""
            SELECT t.*, (SELECT coalesce(array_agg(a.member_id), '{}') FROM assignment AS a
                WHERE a.ticket_id = t.id) AS owners,
                (SELECT coalesce(jsonb_object_agg(o.institution_id, o.state), '{}') FROM offer AS o
                    WHERE o.ticket_id = t.id AND o.state IN ('offered', 'accepted')) AS live
            FROM ticket AS t
        """)
        ).mappings()
        self.tickets = {
            row["id"]: TicketFacts(
                row["enterprise_id"],
                row["filed_by_id"],
                row["station_id"],
                frozenset(row["owners"]),
                {int(k): v for k, v in row["live"].items()},
                row["institution_id"],
                row["channel"] in {"desk", "phone", "visit"},
            )
            for row in rows
        }
        contacts = sa.text("SELECT id, station_id, institution_id FROM service_event")
        self.contacts = {row["id"]: row for row in db.session.execute(contacts).mappings()}
        self.hats = [
            dict(row) for row in db.session.execute(sa.text("SELECT * FROM membership")).mappings()
        ]

    def sees(self, actor: Actor, ticket_id: int) -> bool:
        """Say whether somebody may open a ticket."""
        facts, role = self.tickets[ticket_id], str(actor.role)
        if role in {"manager", "auditor"} or (role == "station_lead" and actor.headquarters):
            return True
        if role in STATION:
            return facts.station_id == actor.station_id or self._wrote_down(actor, ticket_id)
        if role in INSTITUTION:
            return actor.institution_id in facts.live
        return (
            facts.enterprise_id == actor.enterprise_id
            and (role == "enterprise_owner" or facts.filed_by_id == actor.person_id)
            if role in ENTERPRISE
            else False
        )

    def _wrote_down(self, actor: Actor, ticket_id: int) -> bool:
        facts = self.tickets[ticket_id]
        return facts.on_behalf and facts.filed_by_id == actor.person_id

    def converses(self, actor: Actor, ticket_id: int) -> bool:
        """Say whether somebody may read what was said and attached: an institution only once it has
        accepted.
        """
        offered = (
            str(actor.role) in INSTITUTION
            and self.tickets[ticket_id].live.get(actor.institution_id or 0) == "offered"
        )
        return self.sees(actor, ticket_id) and not offered

    def may_read(self, actor: Actor, canary: Canary) -> bool:
        """Say whether somebody may ever read this word."""
        rule = getattr(self, f"_{canary.table}", None)
        assert rule is not None, (
            f"say in tests/security/canaries.py who may read the table {canary.table}"
        )
        return bool(rule(actor, str(actor.role), canary.column, canary.row))

    def may_read_in_log(self, actor: Actor, canary: Canary) -> bool:
        """Say whether somebody may read this word in the security log: administrators what anybody
        changed, auditors without how people are reached.
        """
        role, noted = (
            str(actor.role),
            canary.table in ADMINISTERED
            and canary.column
            not in {
                "password",
                "token_hash",
            },
        )
        return noted and (
            role == "administrator"
            or (
                role == "auditor"
                and canary.column not in {"email", "phone", "contact_name", "controller", "address"}
            )
        )

    def _of_ticket(self, actor: Actor, row: Mapping[str, Any]) -> bool:
        return self.converses(actor, row["ticket_id"])

    def _staff_of(self, actor: Actor, role: str, row: Mapping[str, Any]) -> bool:
        if role in ENTERPRISE | INSTITUTION or not self._of_ticket(actor, row):
            return False
        # Who only wrote it down reads what the enterprise reads.
        return (
            role not in STATION
            or (actor.headquarters and role == "station_lead")
            or self.tickets[row["ticket_id"]].station_id == actor.station_id
        )

    def _ticket(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if not self.sees(actor, row["id"]):
            return False
        if column not in {"title", "description", "answers", "reference"} and not self.converses(
            actor, row["id"]
        ):
            return False
        return role != "auditor" or column in {"title", "reference"}

    def _message(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if role == "auditor" and column == "body":
            return False
        return (
            self._staff_of(actor, role, row)
            if row["audience"] == "internal"
            else self._of_ticket(actor, row)
        )

    def _timeline_entry(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return (
            self._staff_of(actor, role, row)
            if row["audience"] == "staff"
            else self._of_ticket(actor, row)
        )

    def _attachment(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if column in {"storage_name", "sha256"}:
            return False
        if row["service_event_id"] is not None and self._reads_line(actor, role, row):
            return True
        if role == "auditor":
            return False
        if row["ticket_id"] is None:
            return row["uploaded_by_id"] == actor.person_id
        return (
            self._staff_of(actor, role, row)
            if row["audience"] == "internal"
            else self._of_ticket(actor, row)
        )

    def _reads_line(self, actor: Actor, role: str, row: Mapping[str, Any]) -> bool:
        """Say whether somebody reads the ledger's line that a file proves."""
        contact = self.contacts[row["service_event_id"]]
        if role == "institution_lead":
            return bool(contact["institution_id"] == actor.institution_id)
        return self._usage_entry(actor, role, "reason", contact)

    def _decision(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return self._staff_of(actor, role, row)

    _assignment = _decision

    def _offer(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return self._staff_of(actor, role, row) or row["institution_id"] == actor.institution_id

    def _service_event(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return self._staff_of(actor, role, row) or (
            role in INSTITUTION and row["institution_id"] == actor.institution_id
        )

    def _usage_entry(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return role in {"manager", "auditor"} or (
            role == "station_lead" and (actor.headquarters or row["station_id"] == actor.station_id)
        )

    def _rating(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return self._of_ticket(actor, row)

    def _clock_pause(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return False

    def _clock(self, *_: Any) -> bool:
        return False

    def _draft(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return row["person_id"] == actor.person_id

    _notification = _api_token = _person_session = _draft

    def _invitation(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return column != "token_hash" and row["invited_by_id"] == actor.person_id

    def _person(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if column in {"password", "tf_totp_secret", "mf_recovery_codes"}:
            return False
        if row["id"] == actor.person_id or role == "administrator":
            return True
        mine = next(hat for hat in self.hats if hat["id"] == actor.membership_id)
        place = ("enterprise_id", "station_id", "institution_id")
        mates = {
            hat["person_id"]
            for hat in self.hats
            if any(mine[name] is not None and hat[name] == mine[name] for name in place)
        }
        if (
            column != "phone"
            and role in {"enterprise_owner", "institution_lead", "station_lead"}
            and row["id"] in mates
        ):
            return True
        # The history of a ticket says who acted on it to everybody who may read it.
        return column.startswith("name") and any(
            self.converses(actor, ticket) for ticket in self._acted_on(row["id"])
        )

    def _acted_on(self, person_id: int) -> list[int]:
        query = sa.text(
            "SELECT ticket_id FROM timeline_entry WHERE actor_person_id = :one AND audience = 'all'"
            " UNION SELECT ticket_id FROM message WHERE author_id = :one AND audience = 'shared'"
        )
        return [
            ticket
            for ticket in db.session.scalars(query, {"one": person_id})
            if ticket in self.tickets
        ]

    def _member(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if (
            role in {"manager", "administrator"}
            or row["station_id"] == actor.station_id
            or (role == "station_lead" and actor.headquarters)
        ):
            return True
        return column.startswith("name") and any(
            row["id"] in facts.owners and self.converses(actor, ticket)
            for ticket, facts in self.tickets.items()
        )

    def _station(self, *_: Any) -> bool:
        return True

    def _institution(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if role == "administrator" or row["id"] == actor.institution_id:
            return True
        if not column.startswith("name"):
            return False
        # Enterprises may know who was asked for them; institutions never know of each other.
        return role not in INSTITUTION | ENTERPRISE or (
            role in ENTERPRISE
            and any(
                (row["id"] in facts.live or self._was_offered(row["id"], ticket))
                and self.sees(actor, ticket)
                for ticket, facts in self.tickets.items()
            )
        )

    def _was_offered(self, institution_id: int, ticket_id: int) -> bool:
        query = sa.text("SELECT 1 FROM offer WHERE institution_id = :one AND ticket_id = :other")
        return (
            db.session.execute(query, {"one": institution_id, "other": ticket_id}).first()
            is not None
        )

    def _enterprise(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if role == "administrator" or row["id"] == actor.enterprise_id:
            return True
        if role in INSTITUTION:
            return column.startswith("name") and any(
                facts.enterprise_id == row["id"] and self.sees(actor, ticket)
                for ticket, facts in self.tickets.items()
            )
        return role not in ENTERPRISE and (column.startswith("name") or column == "uscc")

    def _absence(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return role == "administrator"

    _interest_conflict = _absence


__all__ = ["CANARY", "MARKUP", "Canaries", "Canary", "Readers"]
