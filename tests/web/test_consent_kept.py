"""What a form does not ask for, sending again does not change."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.tickets import create_ticket
from tests.signing_in import SignIn


@pytest.mark.parametrize("consent", [True, False])
def test_the_consent_of_a_service_that_needs_none_stays_as_it_was(
    client_as: SignIn, consent: bool
) -> None:
    asker = client_as(Role.ENTERPRISE_OWNER)
    ticket = create_ticket("POL-03", actor=asker.actor)
    values = {"status": "returned", "consent": consent}
    db.session.execute(sa.update(Ticket).where(Ticket.id == ticket.id).values(values))
    db.session.commit()
    said = {
        "title": ticket.title,
        "description": "Now with the order number.",
        "contact_name": "Lin Wei",
        "contact_phone": "0757-8888 0000",
        "answer_policy_doc_no": "[2026] 17",
        "answer_amount_claimed": "30000",
        "answer_claim_stage": "filed",
    }
    answer = asker.post(f"/tickets/{ticket.id}/resubmit", data=said)
    assert answer.status_code == 302, answer.text
    assert db.session.get_one(Ticket, ticket.id, populate_existing=True).consent is consent
    assert "An institution may read it" not in asker.get(f"/tickets/{ticket.id}").text
