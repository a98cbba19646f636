"""Says, independently of the product, who may read each word of the world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.kernel.db import db
from tests.security.canaries import Canary
from tests.security.money import has_line, may_read_money
from tests.security.ticket_readers import ENTERPRISE, INSTITUTION, TicketReaders

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


class Readers(TicketReaders):
    """Says who may read a word: one of a ticket, of a person, of an organisation or of the log."""

    def may_read(self, actor: Actor, canary: Canary) -> bool:
        """Say whether somebody may ever read this word."""
        rule = getattr(self, f"_{canary.table}", None)
        assert rule is not None, (
            f"say in tests/security/readers.py who may read the table {canary.table}"
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

    def _draft(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return bool(row["person_id"] == actor.person_id)

    _notification = _api_token = _person_session = _draft

    def _invitation(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return column != "token_hash" and row["invited_by_id"] == actor.person_id

    def _person(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if column in {"password", "tf_totp_secret", "mf_recovery_codes"}:
            return False
        if row["id"] == actor.person_id or role == "administrator":
            return True
        mine = next(
            membership for membership in self.memberships if membership["id"] == actor.membership_id
        )
        place = ("enterprise_id", "station_id", "institution_id")
        mates = {
            membership["person_id"]
            for membership in self.memberships
            if any(mine[name] is not None and membership[name] == mine[name] for name in place)
        }
        if (
            column != "phone"
            and role in {"enterprise_owner", "institution_lead", "station_lead"}
            and row["id"] in mates
        ):
            return True
        if self._is_of_another(actor, role, row["id"]):
            return False
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
        read = [facts for ticket, facts in self.tickets.items() if self.converses(actor, ticket)]
        if column == "phone":
            # Whoever has a case can be called by those it is for, and by those who work on it.
            return role != "auditor" and any(row["id"] == facts.owner for facts in read)
        return column.startswith("name") and any(row["id"] in facts.owners for facts in read)

    def _station(self, *_: Any) -> bool:
        return True

    def _institution(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if role == "administrator" or row["id"] == actor.institution_id:
            return True
        # An enterprise's owner says whom of the pool it likes to be asked.
        chooses = role == "enterprise_owner" and row["status"] == "admitted"
        if chooses and column.startswith(("name", "kind")):
            return True
        if not column.startswith("name"):
            return False
        # Enterprises may know who was asked for them, and who offers them products; institutions
        # never know of each other.
        return role not in INSTITUTION | ENTERPRISE or (
            role in ENTERPRISE
            and (
                self._offers_products(row["id"])
                or any(
                    (row["id"] in facts.live or self._was_offered(row["id"], ticket))
                    and self.sees(actor, ticket)
                    for ticket, facts in self.tickets.items()
                )
            )
        )

    def _offers_products(self, institution_id: int) -> bool:
        query = sa.text("SELECT 1 FROM loan_product WHERE institution_id = :one")
        return db.session.execute(query, {"one": institution_id}).first() is not None

    def _was_offered(self, institution_id: int, ticket_id: int) -> bool:
        query = sa.text("SELECT 1 FROM offer WHERE institution_id = :one AND ticket_id = :other")
        return (
            db.session.execute(query, {"one": institution_id, "other": ticket_id}).first()
            is not None
        )

    def _enterprise(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if role == "administrator" or row["id"] == actor.enterprise_id:
            return True
        if role in INSTITUTION and has_line(
            enterprise_id=row["id"], institution_id=actor.institution_id
        ):
            return column.startswith("name") or column == "uscc"
        if role in INSTITUTION:
            # A bank books money by the enterprise's code.
            return (column.startswith("name") or column == "uscc") and any(
                facts.enterprise_id == row["id"] and self.sees(actor, ticket)
                for ticket, facts in self.tickets.items()
            )
        return role not in ENTERPRISE and (column.startswith("name") or column == "uscc")

    def _money_entry(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return may_read_money(actor, row)

    def _money_correction(
        self, actor: Actor, role: str, column: str, row: Mapping[str, Any]
    ) -> bool:
        return role == "manager"

    def _fact(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return (
            role in {"manager", "auditor", "administrator"}
            or row["enterprise_id"] == actor.enterprise_id
        )

    def _fact_file(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if column in {"storage_name", "sha256"}:
            return False
        if role in INSTITUTION:
            # With a request that it was asked beside others for, it reads what is known.
            return any(
                facts.enterprise_id == row["enterprise_id"]
                and self._is_asked_beside_others(actor, ticket)
                for ticket, facts in self.tickets.items()
            )
        return self._fact(actor, role, column, row)

    def _score_dispute(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return self._fact(actor, role, column, row) or (
            row["ticket_id"] in self.tickets and self.sees(actor, row["ticket_id"])
        )

    def _absence(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return role == "administrator"

    _interest_conflict = _absence
