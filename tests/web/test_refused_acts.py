"""A refused act comes back with what was typed and the reason at its field, and changes nothing."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.assigning.offering import offer_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.tickets.models import Offer, Ticket
from tests.factories.directory import create_institution
from tests.signing_in import SignedIn, SignIn
from tests.web.acting import LONG, SHOWN, a_case, form_of, now_acts

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


def test_an_enterprise_keeps_its_words_too(client_as: SignIn, member: SignedIn) -> None:
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


def test_declining_without_a_reason_keeps_the_comment(client_as: SignIn, member: SignedIn) -> None:
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
