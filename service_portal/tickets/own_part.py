"""What an institution reads of a ticket that others had before it: nothing of what those said, did
or attached. Institutions do not learn of each other.
"""

from __future__ import annotations

import sqlalchemy as sa

from service_portal.access.actor import INSTITUTION_ROLES, Actor, Side
from service_portal.kernel.codes import listed
from service_portal.kernel.db import db
from service_portal.tickets.models import Attachment
from service_portal.tickets.predicates import HAD_IT


def reader_of(actor: Actor) -> int | None:
    """Give the institution for which somebody reads, None for everybody else: the value of
    `:institution` in the conditions below.
    """
    return actor.institution_id


def own_word(role: str, at: str, ticket: str) -> str:
    """Give the condition that a word or an act, by the role that spoke and its moment, is none of
    another institution's than the reader's.
    """
    return f"""(CAST(:institution AS bigint) IS NULL
            OR {role} NOT IN ({listed(INSTITUTION_ROLES)})
            OR {_while_it_had(at, ticket)})"""


def own_line(line: str) -> str:
    """Give the condition that a line of the timeline names no other institution than the
    reader's.
    """
    named = f"({line}.data ->> 'institution_id')"
    return f"""(CAST(:institution AS bigint) IS NULL OR {named} IS NULL
            OR CAST({named} AS bigint) = :institution)"""


def own_file(file: str, ticket: str) -> str:
    """Give the condition that a file was not put there by another institution than the reader's."""
    return f"""(CAST(:institution AS bigint) IS NULL OR {file}.side <> '{Side.INSTITUTION}'
            OR {_while_it_had(f"{file}.at", ticket)})"""


def _while_it_had(at: str, ticket: str) -> str:
    return f"""EXISTS (SELECT FROM offer AS own
                WHERE own.ticket_id = {ticket} AND own.institution_id = :institution
                    AND {HAD_IT.of("own")} AND {at} >= own.answered_at
                    AND (own.ended_at IS NULL OR {at} <= own.ended_at))"""


_OWN_FILE = sa.text(f"""
    SELECT {own_file("file", ":ticket")} FROM attachment AS file WHERE file.id = :file
""")


def is_of_another(file: Attachment, actor: Actor) -> bool:
    """Say whether a file of a ticket was put there by another institution than the reader's."""
    asked = {"ticket": file.ticket_id, "file": file.id, "institution": reader_of(actor)}
    return not db.session.scalar(_OWN_FILE, asked)
