"""The files that prove the figures which an institution reads with a request."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.facts.models import Fact, FactFile
from service_portal.facts.queries import facts_of, files_of
from service_portal.financing.models import LoanAnswer
from service_portal.financing.queries import consent_stands
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.tickets.queries import see_ticket


def files_of_newest(enterprise_id: int, today: date) -> dict[str, list[FactFile]]:
    """Give the files of the figures that `newest_facts` gives, by code."""
    newest = _newest_years(enterprise_id, today)
    files = files_of(enterprise_id, set(newest.values()))
    return {code: files[code, year] for code, year in newest.items() if (code, year) in files}


def _newest_years(enterprise_id: int, today: date) -> dict[str, int]:
    newest: dict[str, int] = {}
    for code, back in facts_of(enterprise_id, today.year):
        newest[code] = max(today.year - back, newest.get(code, 0))
    return newest


def file_for(actor: Actor, fact_file_id: int, today: date) -> FactFile | None:
    """Give a file to an institution that reads its figure with a request: its share of one lives,
    and the consent for it stands.
    """
    found = db.session.execute(
        sa.select(FactFile, Fact.code, Fact.year)
        .join(Fact, Fact.id == FactFile.fact_id)
        .where(FactFile.id == fact_file_id)
    ).one_or_none()
    if found is None or not _reads(actor, found.FactFile.enterprise_id):
        return None
    newest = _newest_years(found.FactFile.enterprise_id, today)
    file: FactFile = found.FactFile
    return file if newest.get(found.code) == found.year else None


def _reads(actor: Actor, enterprise_id: int) -> bool:
    tickets = db.session.scalars(
        sa.select(LoanAnswer.ticket_id)
        .where(
            LoanAnswer.enterprise_id == enterprise_id,
            LoanAnswer.institution_id == actor.institution_id,
        )
        .order_by(LoanAnswer.id.desc())
    )
    return any(
        consent_stands(ticket_id, actor.institution_id or 0) and _sees(actor, ticket_id)
        for ticket_id in tickets.all()
    )


def _sees(actor: Actor, ticket_id: int) -> bool:
    try:
        see_ticket(ticket_id, actor=actor, permission=Permission.LOAN_TALK)
    except Missing:
        return False
    return True
