"""Puts a word of its own into every text column of every row, and finds it again in a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from service_portal.files.storing import path_of
from service_portal.kernel.db import db
from tests.security.money import marked_lines

# A stored file's name takes letters from a to f only.
CANARY = re.compile(r"(?:zq|ca9ca9)(\d{6,28})(?:qz|9ac9ac)", re.IGNORECASE)
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
    "calendar_version",
    "calendar_year",
    "routing_rule",
    "score_scheme",
    "scheme_version",
    "score_group",
    "score_run",
    "throttle",
    "heartbeat",
    "key_fingerprint",
    "outbox",
    "credit_application",
    "credit_line",
    "money_anchor",
    "money_entry",
    "money_head",
    "money_sum",
    "usage_entry",
    "usage_head",
    "usage_month",
    "usage_enterprise_month",
    "usage_excluded_month",
    "usage_anchor",
    "money_correction",
    "security_log",
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
    "decision": {"outcome", "reason_code"},
    "offer": {"reason_code"},
    "loan_product": {"condition"},
    "notification": {"source", "kind"},
    "alarm": {"kind", "rung"},
    "clock": {"last_rung", "next_rung", "outcome"},
    "api_token": {"token_hash"},
    "person": {"fs_uniquifier"},
    "person_session": {"key"},
    "fact": {"code", "value_code"},
    "fact_file": {"content_type"},
    "fact_conflict": {"code"},
    "score": {"stage_code", "by_code", "by_category", "lines", "conditions", "steps", "missing"},
    "score_standing": {"stage_code", "content_sha256"},
    "score_dispute": {"indicator_code"},
}
# Nobody changes their rows, the owner of the tables neither, who may let a trigger rest.
KEPT = ("fact", "score")
GOES_BY_KEYS = {
    "party",
    "channel",
    "why",
    "clock",
    "rung",
    "outcome",
    "started_at",
    "verdict",
    "rejected",
    "before",
    "until",
    "valid_until",
}
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
# Their form is checked, and a word that is marked has it, too.
CHECKED = {"uscc", "storage_name"}
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
        and (column.name in CHECKED or not re.search(rf"\b{column.name}\b(?! = '')", checked))
    ]


class Canaries:
    """Every word set, by its number."""

    def __init__(self, home: Path, owner: sa.Connection) -> None:
        """Set them as the owner of the tables: the product may not rewrite its history."""
        self.known: dict[int, Canary] = {}
        self.home = home
        self.owner = owner
        for name in KEPT:
            owner.execute(sa.text(f"ALTER TABLE {name} DISABLE TRIGGER {name}_kept"))
        for table in db.metadata.sorted_tables:
            if table.name not in COMMON:
                self._mark(table)
        for name in KEPT:
            owner.execute(sa.text(f"ALTER TABLE {name} ENABLE TRIGGER {name}_kept"))
        line = (
            owner.execute(sa.text("SELECT * FROM usage_entry WHERE reason LIKE 'zq%'"))
            .mappings()
            .all()
        )
        self.known[999_999] = Canary("usage_entry", "reason", dict(line[0]))
        for number, row in marked_lines(owner).items():
            self.known[number] = Canary("money_entry", "slip_code", row)

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
            if "storage_name" in table.c:
                old, moved = (
                    path_of(row["storage_name"], self.home),
                    path_of(new["storage_name"], self.home),
                )
                moved.parent.mkdir(parents=True, exist_ok=True)
                old.unlink()
                moved.write_text(self._word(table.name, "content", dict(row)))
            key = sa.and_(*(column == row[column.name] for column in table.primary_key.columns))
            self.owner.execute(sa.update(table).where(key).values(new))

    def _value(self, table: str, column: sa.Column[Any], row: dict[str, Any]) -> Any:
        if isinstance(column.type, JSONB):
            return self._document(row[column.name], table, column.name, row)
        if column.name == "uscc":
            return self._word(table, column.name, row, width=14).upper()
        if column.name == "storage_name":
            word = self._word(table, column.name, row, width=28)
            return word.lower().replace("zq", "ca9ca9").replace("qz", "9ac9ac")
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
