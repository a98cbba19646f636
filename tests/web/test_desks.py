"""Staff desks keep their promises: every number opens exactly its rows, lists narrow as they say,
bad input stays on the page with a sentence.
"""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.sla.models import Calendar, CalendarDay
from service_portal.tickets.models import ServiceEvent, Ticket
from tests.factories.directory import create_member, station
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.factories.usage import create_served
from tests.signing_in import SignedIn, SignIn
from tests.web.markup import flat

LINK = re.compile(r'href="(/(?:all-tickets|counts/lines)\?[^"]*)"[^>]*>\s*([\d,]+)(?![\d,:])')


def _a_case(client: SignedIn) -> Ticket:
    ticket = create_ticket("POL-03", actor=enterprise_actor(), now=now())
    route_waiting(now=now())
    assign_waiting(now=now())
    db.session.commit()
    assert (
        db.session.get_one(Ticket, ticket.id, populate_existing=True).owner_id
        == client.actor.member_id
    )
    return ticket


def test_every_number_of_the_counts_opens_as_many_rows(client_as: SignIn) -> None:
    create_served(contacts=3, now=now() - timedelta(days=9))
    create_ticket("POL-03", now=now())
    db.session.execute(
        sa.update(Ticket)
        .where(Ticket.status == "submitted")
        .values(light=2, waiting_reason="no_member")
    )
    event = db.session.scalars(sa.select(ServiceEvent).order_by(ServiceEvent.id).limit(1)).one()
    db.session.add(
        ServiceEvent(
            **{
                name: getattr(event, name)
                for name in (
                    "ticket_id",
                    "enterprise_id",
                    "station_id",
                    "channel",
                    "started_at",
                    "day",
                    "summary",
                    "recorded_at",
                    "count_rule_version",
                )
            },
            minutes=0,
            countable=False,
            not_countable_reason="no_time",
        )
    )
    db.session.commit()
    manager = client_as(Role.MANAGER)
    page = flat(manager.get("/counts").text)
    links = [
        (unescape(address), int(number.replace(",", ""))) for address, number in LINK.findall(page)
    ]
    assert len(links) >= 7
    hours = re.findall(r'measure=event[^"]*"[^>]*>[\d,]+:\d\d</a></b><small>Contact time', page)
    assert hours, "hours open the events they were spent in"
    for address, number in links:
        listed = flat(manager.get(address).text)
        rows = listed.count("<tr><td") + listed.count("<tr data-peek")
        assert rows == number, address
    left_out = re.search(r'href="([^"]*measure=excluded[^"]*)">Not counted: (\d+)', page)
    assert left_out is not None and left_out.group(2) == "1"
    listed = flat(manager.get(unescape(left_out.group(1))).text)
    assert listed.count("<tr><td") == 1
    assert "no time was spent" in listed


def test_lines_say_what_they_are_narrowed_to_and_lead_back_with_the_filters(
    client_as: SignIn,
) -> None:
    create_served(now=now() - timedelta(days=9))
    db.session.commit()
    manager = client_as(Role.MANAGER)
    page = manager.get(f"/counts/lines?measure=case&station={station().id}&category=POL").text
    assert "<h1>Cases closed</h1>" in page
    assert "Nanhai Station (Shishan) · Policy services" in page
    back = re.search(r'class="back" href="([^"]+)"', page)
    assert (
        back is not None
        and f"station={station().id}" in back.group(1)
        and "category=POL" in back.group(1)
    )


def test_institution_sees_no_open_tickets_of_the_zone_in_its_counts(client_as: SignIn) -> None:
    create_ticket("POL-03", now=now())
    db.session.commit()
    assert "1 open" in client_as(Role.MANAGER).get("/counts").text
    assert "/all-tickets?now=open" not in client_as(Role.INSTITUTION_LEAD).get("/counts").text


def test_back_leads_to_the_list_with_its_filters(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    ticket = _a_case(member)
    page = member.get(
        f"/tickets/{ticket.id}", headers={"Referer": "http://localhost/queue?view=hold"}
    ).text
    assert 'class="back" href="/queue?view=hold"' in page
    for elsewhere in ("http://evil.example/queue?view=hold", "http://localhost/sign-out", ""):
        page = member.get(f"/tickets/{ticket.id}", headers={"Referer": elsewhere}).text
        assert 'class="back" href="/queue"' in page


def test_peek_gives_staff_the_gist_and_nobody_else(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    ticket = _a_case(member)
    gist = member.get(f"/tickets/{ticket.id}/peek")
    assert gist.status_code == 200
    assert ticket.title in gist.text
    assert ticket.contact_phone in gist.text
    assert "<html" not in gist.text
    hidden = client_as(Role.AUDITOR).get(f"/tickets/{ticket.id}/peek").text
    assert ticket.contact_phone not in hidden
    assert ticket.description not in hidden
    assert (
        client_as(Role.STATION_MEMBER, station_id=station("ST05").id)
        .get(f"/tickets/{ticket.id}/peek")
        .status_code
        == 404
    )
    assert (
        client_as(Role.ENTERPRISE_OWNER, enterprise_id=ticket.enterprise_id)
        .get(f"/tickets/{ticket.id}/peek")
        .status_code
        == 403
    )


def test_queue_accepts_in_the_row_and_shows_one_members_cases(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    ticket = _a_case(member)
    page = member.get("/queue").text
    assert f'formaction="/tickets/{ticket.id}/accept"' in page
    other = create_member(station_id=station().id)
    elsewhere = create_member(station_id=station("ST05").id)
    db.session.commit()
    assert (
        ticket.reference in member.get(f"/queue?view=station&member={member.actor.member_id}").text
    )
    assert ticket.reference not in member.get(f"/queue?view=station&member={other.id}").text
    assert ticket.reference in member.get(f"/queue?view=station&member={elsewhere.id}").text, (
        "a member of another station narrows nothing"
    )
    assert ticket.reference in member.get(f"/queue?view=station&member={2**70}").text
    mine = member.get("/my-cases").text
    assert ticket.reference in mine
    assert 'data-live="/my-cases"' in mine
    for act, values in (
        ("accept", {}),
        ("start", {}),
        ("hold", {"reason_code": "third_party", "words": "the bank's letter"}),
    ):
        member.post(f"/tickets/{ticket.id}/{act}", data=values)
    assert ticket.reference not in member.get("/queue").text, "what stands still is not next"
    assert ticket.reference in member.get("/my-cases").text, "but it is still one's own"


def test_ticket_page_says_how_long_and_why_it_stood_still(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    ticket = _a_case(member)
    for act in ("accept", "start"):
        member.post(f"/tickets/{ticket.id}/{act}")
    member.post(
        f"/tickets/{ticket.id}/hold",
        data={"reason_code": "third_party", "words": "the bank's letter"},
    )
    assert "so far: waiting for a third party" in member.get(f"/tickets/{ticket.id}").text
    member.post(f"/tickets/{ticket.id}/resume")
    assert "paused 0 min: waiting for a third party" in member.get(f"/tickets/{ticket.id}").text


@pytest.mark.parametrize(
    "hours",
    [
        "half past eight",
        "08:30",
        "12:00-08:30",
        "08:75-12:00",
        "08:00-12:00, 11:00-13:00",
        "99:00-100:00",
    ],
)
def test_hours_that_make_no_sense_stay_on_the_page_with_a_sentence(
    client_as: SignIn, hours: str
) -> None:
    administrator = client_as(Role.ADMINISTRATOR)
    calendar = db.session.scalars(sa.select(Calendar)).first()
    assert calendar is not None
    before = dict(calendar.weekly)
    usual = {f"day{n}": "09:00-12:00" for n in range(7)}
    answer = administrator.post(
        f"/admin/calendars/{calendar.id}/hours", data={**usual, "day2": hours, "year": "2026"}
    )
    assert answer.status_code == 422
    assert f'value="{hours}"' in answer.text
    assert 'id="day2-error"' in answer.text and 'id="day3-error"' not in answer.text
    assert db.session.get_one(Calendar, calendar.id, populate_existing=True).weekly == before


def test_day_without_a_date_keeps_its_names(client_as: SignIn) -> None:
    administrator = client_as(Role.ADMINISTRATOR)
    calendar = db.session.scalars(sa.select(Calendar)).first()
    assert calendar is not None
    answer = administrator.post(
        f"/admin/calendars/{calendar.id}/days",
        data={
            "day": "30 February",
            "kind": "off",
            "name_zh": "园区开放日",
            "name_en": "Open day",
            "year": "2027",
        },
    )
    assert answer.status_code == 422
    assert (
        "Choose a day." in answer.text
        and "园区开放日" in answer.text
        and "2027 has no official holidays yet" in answer.text
    )
    assert (
        administrator.post(
            f"/admin/calendars/{calendar.id}/days",
            data={
                "day": "2027-05-04",
                "kind": "off",
                "name_zh": "园区开放日",
                "name_en": "Open day",
            },
        ).status_code
        == 302
    )
    assert (
        db.session.scalar(
            sa.select(CalendarDay.name_en).where(CalendarDay.day == sa.func.make_date(2027, 5, 4))
        )
        == "Open day"
    )


def test_rules_are_said_in_words(client_as: SignIn) -> None:
    administrator = client_as(Role.ADMINISTRATOR, locale="zh")
    rule = {
        "name_zh": "大额",
        "name_en": "Large",
        "station_id": str(station().id),
        "categories": "FIN",
        "parks": ["NH", "SD"],
        "amount_from": "5000000",
        "tags": "专精特新",
        "active": "y",
    }
    assert administrator.post("/admin/routing/new", data=rule).status_code == 302
    page = re.sub(r"<[^>]+>", "", administrator.get("/admin/routing").text)
    assert (
        "南海园 或 顺德园" in page
        and "金额不低于 5,000,000 元" in page
        and "企业标签含 专精特新" in page
    )
    wrong = administrator.post("/admin/routing/new", data={**rule, "amount_from": "much"})
    assert wrong.status_code == 422
    assert 'value="NH" checked' in flat(wrong.text) and 'value="much"' in wrong.text
