"""Files that prove figures, as banks read them: with a request, while the consent stands."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.facts.models import Fact, FactFile
from service_portal.facts.proving import prove_figure
from service_portal.facts.rules import Source
from service_portal.facts.services import record_fact
from service_portal.files.storing import Stored, path_of
from service_portal.financing.ending import take_back
from service_portal.financing.models import CreditConsent
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from tests.factories.loans import bank_actor, create_product
from tests.web.lending import Loan

AUDIT = b"what the auditors say"


@pytest.fixture
def loan(app: Flask, db_session: None) -> Loan:
    """Give a request whose enterprise has proved its revenue of two years."""
    made = Loan(app)
    for year in (2024, 2025):
        prove(made, year)
    return made


def prove(loan: Loan, year: int) -> None:
    about: dict[str, Any] = {
        "actor": loan.asker,
        "enterprise_id": loan.ticket.enterprise_id,
        "year": year,
        "code": "revenue",
        "now": now(),
    }
    record_fact(value=Decimal(year), source=Source.OWN, **about)
    stored = Stored(token_hex(20), len(AUDIT), "0" * 64, "text/plain", f"audit-{year}.txt")
    path = path_of(stored.storage_name, Path(loan.app.config["PORTAL_HOME"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(AUDIT)
    prove_figure([stored], **about)
    db.session.commit()


def address(year: int) -> str:
    query = sa.select(FactFile.id).join(Fact, Fact.id == FactFile.fact_id).where(Fact.year == year)
    return f"/loan-figures/{db.session.scalars(query).one()}"


def test_a_bank_reads_the_files_of_the_figures_it_is_shown(loan: Loan) -> None:
    bank = loan.browser(loan.banks[0])
    page = bank.get(f"/tickets/{loan.ticket.id}", follow_redirects=True).text
    assert address(2025) in page and "audit-2025.txt" in page and "audit-2024.txt" not in page
    answer = bank.get(address(2025))
    assert answer.data == AUDIT
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert bank.get(address(2024)).status_code == 404
    assert bank.get(address(2025).replace("loan-figures", "facts/files")).status_code == 403


def test_a_bank_that_was_not_asked_reads_none(loan: Loan) -> None:
    stranger = bank_actor(create_product(valid_until=None).institution_id)
    assert loan.browser(stranger).get(address(2025)).status_code == 404


def test_without_the_consent_there_is_no_file(loan: Loan) -> None:
    db.session.execute(
        sa.update(CreditConsent)
        .where(CreditConsent.institution_id == loan.banks[0].institution_id)
        .values(revoked_at=now(), revoked_by_id=loan.asker.person_id)
    )
    db.session.commit()
    bank = loan.browser(loan.banks[0])
    assert bank.get(address(2025)).status_code == 404
    assert "audit" not in bank.get(f"/tickets/{loan.ticket.id}", follow_redirects=True).text
    assert loan.browser(loan.banks[1]).get(address(2025)).status_code == 200


def test_nor_after_the_request_was_taken_back(loan: Loan) -> None:
    whose = loan.banks[0].institution_id or 0
    take_back(actor=loan.asker, ticket_id=loan.ticket.id, institution_id=whose, now=now())
    db.session.commit()
    assert loan.browser(loan.banks[0]).get(address(2025)).status_code == 404
