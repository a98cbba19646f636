"""An act that is refused loses nothing: the page comes back with what was typed, the reason at its
field, and no file of it on the ticket.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g

from service_portal.access.actor import Role
from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import (
    Attachment,
    Draft,
    IdempotencyKey,
    Message,
    Offer,
    ServiceEvent,
    Ticket,
)
from tests.factories.directory import create_institution, create_member, station
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.signing_in import SignedIn

PDF = b"%PDF-1.7 one page"
LONG = "“Every word” of this <took> an hour & more."
SHOWN = "“Every word” of this &lt;took&gt; an hour &amp; more."


@pytest.fixture
def member(client_as: Callable[..., SignedIn]) -> SignedIn:
    """A member of the station, in whose hands the ticket lies."""
    return client_as(Role.STATION_MEMBER, station_id=station().id)


def a_case(member: SignedIn, *acts: str, service: str = "POL-03") -> Ticket:
    """File a ticket, give it to the member and make some acts on it."""
    ticket = create_ticket(service, actor=enterprise_actor(), now=now())
    route_waiting(now=now())
    assign_waiting(now=now())
    assert (
        ticket.id
        and db.session.get_one(Ticket, ticket.id, populate_existing=True).owner_id
        == member.actor.member_id
    )
    db.session.commit()
    for act in acts:
        assert member.post(f"/tickets/{ticket.id}/{act}").status_code == 302
    return db.session.get_one(Ticket, ticket.id, populate_existing=True)


def now_acts(client: SignedIn) -> SignedIn:
    """Let the next request be this person's: requests of one test share a context, which remembers
    who came last.
    """
    g.pop("_login_user", None)
    return client


def form_of(page: str, act: str) -> str:
    """Cut one act's form out of a page, with the menu it lies in."""
    found = re.search(
        rf'(<details[^>]*>(?:(?!<details).)*?)?<form[^>]*action="/tickets/\d+/{act}".*?</form>',
        page,
        re.DOTALL,
    )
    assert found, act
    return found[0]


ACTS: list[tuple[str, tuple[str, ...], dict[str, str], str, str]] = [
    (
        "answer",
        ("accept", "start"),
        {
            "body": LONG,
            "outcome": "partly",
            "channel": "visit",
            "minutes": "45",
            "evidence_note": "",
        },
        "evidence_note",
        "Say what proves the result",
    ),
    (
        "answer",
        ("accept", "start"),
        {
            "body": LONG,
            "outcome": "partly",
            "channel": "visit",
            "minutes": "x",
            "evidence_note": "slip",
        },
        "minutes",
        "Write a whole number from 0 to 1440.",
    ),
    (
        "answer",
        ("accept", "start"),
        {"body": LONG + "x" * 10_000, "outcome": "partly", "minutes": "5", "evidence_note": "slip"},
        "body",
        "Keep this under 10000 characters.",
    ),
    (
        "contact",
        ("accept",),
        {
            "summary": LONG,
            "channel": "visit",
            "minutes": "9999",
            "attendees": "3",
            "started_at": "2026-11-24T09:30",
        },
        "minutes",
        "Write a whole number from 0 to 1440.",
    ),
    (
        "contact",
        ("accept",),
        {
            "summary": LONG,
            "channel": "visit",
            "minutes": "20",
            "attendees": "3",
            "started_at": "2199-01-01T09:30",
        },
        "started_at",
        "future",
    ),
    (
        "contact",
        ("accept",),
        {
            "summary": LONG,
            "channel": "visit",
            "minutes": "20",
            "attendees": "3",
            "started_at": "yesterday",
        },
        "started_at",
        "Write day and time",
    ),
    (
        "contact",
        ("accept",),
        {"summary": LONG, "channel": "pigeon", "minutes": "20", "attendees": "3"},
        "channel",
        "Choose how you were in contact.",
    ),
    (
        "hold",
        ("accept", "start"),
        {"reason_code": "nothing", "words": LONG},
        "reason_code",
        "Choose a reason.",
    ),
    ("return", (), {"words": LONG + "x" * 10_000}, "words", "Keep this under 10000 characters."),
    ("refuse", (), {"reason_code": "", "words": LONG}, "reason_code", "Choose a reason."),
    (
        "offer",
        ("accept",),
        {"institution_id": "0", "reason": LONG},
        "institution_id",
        "does not accept the service",
    ),
    ("hand-over", (), {"station_id": "0", "reason": LONG}, "station_id", "Choose a station."),
    (
        "assign",
        (),
        {"member_id": "0", "reason": LONG},
        "member_id",
        "Choose a member of the station",
    ),
    ("messages", (), {"body": LONG + "x" * 10_000}, "body", "Keep this under 10000 characters."),
    ("notes", (), {"body": LONG + "x" * 10_000}, "body", "Keep this under 10000 characters."),
]


@pytest.mark.parametrize(
    ("act", "before", "typed", "field", "sentence"),
    ACTS,
    ids=[f"{act}-{field}" for act, _, _, field, _ in ACTS],
)
def test_a_refused_act_comes_back_as_it_was(
    member: SignedIn,
    act: str,
    before: tuple[str, ...],
    typed: dict[str, str],
    field: str,
    sentence: str,
) -> None:
    create_institution(services=("LEG-02",))
    ticket = a_case(member, *before, service="LEG-02" if act == "offer" else "POL-03")
    version = ticket.version
    answer = member.post(f"/tickets/{ticket.id}/{act}", data=typed)
    assert answer.status_code == 422
    form = form_of(answer.text, act)
    assert SHOWN in form, "what was typed stands in its field again"
    assert re.search(rf'id="[\w-]+-{field}-error"[^>]*>[^<]*{re.escape(sentence)}', form), (
        "the reason stands at its field"
    )
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', form)
    assert 'role="alert"' in answer.text and sentence in answer.text.split("<h1")[0]
    for name, value in typed.items():
        if f'<option value="{value}"' in form:
            assert f'<option value="{value}" selected' in form, name
    assert act == "messages" or re.match(r"<details[^>]* open", form), (
        "its menu is open, with scripts or without"
    )
    assert db.session.get_one(Ticket, ticket.id, populate_existing=True).version == version


def test_the_address_a_refused_act_leaves_behind_leads_back_to_the_ticket(member: SignedIn) -> None:
    ticket = a_case(member)
    for act in ("answer", "messages", "hand-over"):
        answer = member.get(f"/tickets/{ticket.id}/{act}")
        assert answer.status_code == 302 and answer.headers["Location"].endswith(
            f"/tickets/{ticket.id}"
        )
    assert member.get("/offers/1/decline").headers["Location"].endswith("/offers/1")
    assert (
        member.get("/tickets/1/nothing").status_code == 404
        and member.get("/drafts/POL-03").status_code == 405
    )


def test_an_enterprise_keeps_its_words_too(
    client_as: Callable[..., SignedIn], member: SignedIn
) -> None:
    ticket = a_case(member, "accept", "start")
    member.post(
        f"/tickets/{ticket.id}/answer",
        data={"body": "Done.", "outcome": "resolved", "evidence_note": "slip"},
    )
    asker = now_acts(client_as(Role.ENTERPRISE_OWNER, enterprise_id=ticket.enterprise_id))
    redo = asker.post(f"/tickets/{ticket.id}/redo", data={"reason": LONG + "x" * 10_000})
    assert (
        redo.status_code == 422
        and SHOWN in redo.text
        and re.search(r'value="not_solved" checked', redo.text)
    )
    rated = asker.post(
        f"/tickets/{ticket.id}/confirm",
        data={"level": "9", "verdict": "not_solved", "comment": LONG},
    )
    form = form_of(rated.text, "confirm")
    assert (
        rated.status_code == 422
        and SHOWN in form
        and "Write a whole number from 1 to 5." in form
        and re.search(r'value="not_solved" checked', form)
    )
    assert db.session.get_one(Ticket, ticket.id, populate_existing=True).status == "answered", (
        "a level that can't be read is not taken for none"
    )


def test_declining_without_a_reason_keeps_the_comment(
    client_as: Callable[..., SignedIn], member: SignedIn
) -> None:
    institution = create_institution(services=("LEG-02",))
    ticket = a_case(member, "accept", service="LEG-02")
    offer_waiting(now=now())
    db.session.commit()
    offer = db.session.scalars(sa.select(Offer).where(Offer.ticket_id == ticket.id)).one()
    lead = now_acts(client_as(Role.INSTITUTION_LEAD, institution_id=institution.id))
    answer = lead.post(
        f"/offers/{offer.id}/decline", data={"reason_code": "", "comment": "Perhaps in March."}
    )
    assert (
        answer.status_code == 422
        and "Choose a reason for declining." in answer.text
        and 'value="Perhaps in March."' in answer.text
    )
    assert (
        lead.post(
            f"/offers/{offer.id}/decline", data={"reason_code": "no_capacity", "comment": "x"}
        ).status_code
        == 302
    )
    late = lead.post(
        f"/offers/{offer.id}/decline",
        data={"reason_code": "no_capacity", "comment": "Perhaps in April."},
    )
    assert (
        late.status_code == 409
        and "no longer open" in late.text
        and "Perhaps in April." in late.text
    ), "the offer is gone, the words are not"


def files_on_disk(app: Flask) -> int:
    """Count the files kept outside of the web root."""
    return sum(path.is_file() for path in (Path(app.config["PORTAL_HOME"]) / "files").rglob("*"))


@pytest.mark.parametrize(
    ("act", "wrong", "right"),
    [
        (
            "answer",
            {"body": "", "outcome": "resolved"},
            {"body": "Done, see the slip.", "outcome": "resolved"},
        ),
        (
            "contact",
            {"summary": "", "channel": "visit"},
            {"summary": "Talked it through.", "channel": "visit", "minutes": "20"},
        ),
    ],
)
def test_files_of_a_refused_act_are_gone_with_it_and_come_once(
    app: Flask, member: SignedIn, act: str, wrong: dict[str, str], right: dict[str, str]
) -> None:
    ticket, before = a_case(member, "accept", "start"), files_on_disk(app)
    refused = member.post(
        f"/tickets/{ticket.id}/{act}",
        data={**wrong, "files": (BytesIO(PDF), "slip.pdf")},
        content_type="multipart/form-data",
    )
    assert refused.status_code == 422 and "Choose the files again" in form_of(refused.text, act)
    kept = sa.select(Attachment).where(Attachment.ticket_id == ticket.id)
    assert db.session.scalars(kept).all() == [] and files_on_disk(app) == before
    taken = member.post(
        f"/tickets/{ticket.id}/{act}",
        data={**right, "files": (BytesIO(PDF), "slip.pdf")},
        content_type="multipart/form-data",
    )
    assert taken.status_code == 302
    assert [(file.file_name, file.purpose) for file in db.session.scalars(kept)] == [
        ("slip.pdf", "evidence")
    ] and files_on_disk(app) == before + 1


def test_a_message_with_a_bad_file_keeps_the_words_and_none_of_the_files(
    app: Flask, member: SignedIn
) -> None:
    ticket, before = a_case(member), files_on_disk(app)
    both = {"body": LONG, "files": [(BytesIO(PDF), "good.pdf"), (BytesIO(b"MZ"), "bad.exe")]}
    refused = member.post(
        f"/tickets/{ticket.id}/messages", data=both, content_type="multipart/form-data"
    )
    assert (
        refused.status_code == 422
        and SHOWN in form_of(refused.text, "messages")
        and 'id="messages-files-error"' in refused.text
        and "bad.exe" in refused.text
    )
    assert (
        db.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 0
        and files_on_disk(app) == before
    )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 0


def test_evidence_can_be_attached_to_a_contact_and_makes_it_count(member: SignedIn) -> None:
    ticket = a_case(member, "accept", "start")
    page = member.get(f"/tickets/{ticket.id}").text
    assert re.search(r'type="file"[^>]*name="files"', form_of(page, "contact"))
    said: dict[str, Any] = {
        "summary": "Talked the claim through with them.",
        "channel": "visit",
        "minutes": "20",
        "files": (BytesIO(PDF), "visit.pdf"),
    }
    assert (
        member.post(
            f"/tickets/{ticket.id}/contact", data=said, content_type="multipart/form-data"
        ).status_code
        == 302
    )
    assert db.session.scalars(
        sa.select(ServiceEvent.countable).where(ServiceEvent.ticket_id == ticket.id)
    ).all() == [True]


def test_a_page_left_open_says_what_happened_meanwhile(member: SignedIn) -> None:
    ticket = a_case(member, "accept", "start")
    member.post(
        f"/tickets/{ticket.id}/answer",
        data={"body": "Done.", "outcome": "resolved", "evidence_note": "slip"},
    )
    late = member.post(
        f"/tickets/{ticket.id}/hold", data={"reason_code": "enterprise", "words": "the licence"}
    )
    assert late.status_code == 409 and "“Answered”" in late.text and ticket.reference in late.text


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
    client_as: Callable[..., SignedIn],
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
    client_as: Callable[..., SignedIn],
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


def test_a_draft_thrown_away_takes_its_files_along(client_as: Callable[..., SignedIn]) -> None:
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
