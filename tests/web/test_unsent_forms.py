"""A form is kept as a draft until it is sent, and sent twice it files once."""

from __future__ import annotations

from io import BytesIO

import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Attachment, Draft, IdempotencyKey, Ticket
from tests.factories.directory import create_member
from tests.signing_in import SignIn
from tests.web.acting import LONG, PDF, SHOWN, now_acts

FORM = {
    "title": "Subsidy for the new press line",
    "description": "We bought it in March.",
    "contact_name": "Lin Wei",
    "contact_phone": "0757-5555 0101",
    "answer_policy_doc_no": "NH-17",
    "answer_amount_claimed": "350000",
    "answer_claim_stage": "filed",
}


def test_the_same_form_sent_twice_gets_the_first_confirmation(
    client_as: SignIn,
) -> None:
    create_member()
    asker = client_as(Role.ENTERPRISE_OWNER)
    first = asker.post("/tickets/new/POL-03", data={**FORM, "once": "key-of-this-form"})
    again = asker.post("/tickets/new/POL-03", data={**FORM, "once": "key-of-this-form"})
    assert (
        first.status_code == 302
        and again.status_code == 302
        and first.headers["Location"] == again.headers["Location"]
    )
    assert (
        db.session.scalar(sa.select(sa.func.count()).select_from(Ticket))
        == db.session.scalar(sa.select(sa.func.count()).select_from(IdempotencyKey))
        == 1
    )
    alike = asker.post("/tickets/new/POL-03", data={**FORM, "once": "key-of-another-form"})
    assert alike.status_code == 409 and "You asked something very similar lately" in alike.text
    changed = asker.post(
        "/tickets/new/POL-03",
        data={**FORM, "title": "Another title for it", "once": "key-of-this-form"},
    )
    assert (
        changed.status_code == 409
        and "This form was already sent" in changed.text
        and "Another title for it" in changed.text
    )
    assert (
        asker.post(
            "/tickets/new/POL-03", data={**FORM, "once": "key-of-another-form", "anyway": "1"}
        ).status_code
        == 302
    )


def test_a_draft_is_kept_while_typing_and_gone_once_sent(
    client_as: SignIn,
) -> None:
    asker = client_as(Role.ENTERPRISE_OWNER)
    assert (
        asker.post("/drafts/POL-03", data={"title": "Half a tho", "once": "x"}).status_code == 200
    )
    assert (
        asker.post(
            "/drafts/POL-03", data={"title": "Half a thought", "description": LONG}
        ).status_code
        == 200
    )
    page = asker.get("/tickets/new/POL-03").text
    assert 'value="Half a thought"' in page and SHOWN in page
    other = client_as(Role.ENTERPRISE_STAFF, enterprise_id=asker.actor.enterprise_id)
    assert "Half a thought" not in now_acts(other).get("/tickets/new/POL-03").text, (
        "a draft is its writer's alone"
    )
    now_acts(asker)
    wrong = {**FORM, "answer_amount_claimed": "lots", "files": (BytesIO(PDF), "invoice.pdf")}
    refused = asker.post("/tickets/new/POL-03", data=wrong, content_type="multipart/form-data")
    assert refused.status_code == 422 and "invoice.pdf" in refused.text, (
        "a file survives a form with mistakes"
    )
    filed = asker.post("/tickets/new/POL-03", data={**FORM, "once": "the-draft-goes"})
    assert filed.status_code == 302
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 0
    file = db.session.scalars(sa.select(Attachment)).one()
    assert file.file_name == "invoice.pdf" and file.ticket_id is not None


def test_a_draft_thrown_away_takes_its_files_along(client_as: SignIn) -> None:
    asker = client_as(Role.ENTERPRISE_OWNER)
    asker.post(
        "/tickets/new/POL-03",
        data={"title": "", "files": (BytesIO(PDF), "invoice.pdf")},
        content_type="multipart/form-data",
    )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 1
    assert asker.post("/drafts/POL-03/discard").status_code == 302
    assert (
        db.session.scalar(sa.select(sa.func.count()).select_from(Attachment))
        == db.session.scalar(sa.select(sa.func.count()).select_from(Draft))
        == 0
    )
