"""Members of the directory: their use, their calendar, their absences."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from service_portal.directory.models import (
    Absence,
    Member,
)
from service_portal.kernel.db import db
from service_portal.sla.models import Calendar, CalendarDay
from tests.factories.directory import (
    create_member,
)
from tests.signing_in import SignedIn
from tests.web.entries import again, as_csv, send


def test_taking_a_member_out_of_use_asks_once_and_names_the_consequence(admin: SignedIn) -> None:
    made = create_member()
    db.session.commit()
    page = {
        "code": made.code,
        "name_zh": "陈",
        "name_en": "Chen",
        "station_id": "ST03",
        "active": "no",
        "capacity_points": "12",
        "on_duty": "yes",
        "skills": "FIN:1",
    }
    answer = admin.post(f"/admin/directory/members/{made.id}", data=page)
    assert (
        answer.status_code == 200
        and "Open cases go back to the queue" in answer.text
        and again(admin, Member, made.id).active
    )
    answer = admin.post(
        f"/admin/directory/members/{made.id}", data={**page, "sure": "1"}, follow_redirects=True
    )
    assert "go back to the queue" in answer.text and not again(admin, Member, made.id).active
    other = create_member()
    db.session.commit()
    checked = send(admin, "members", as_csv(["code", "active"], [other.code, "no"]), act="check")
    assert "The open cases of 1 members go back to the queue" in checked.text


def test_a_members_calendar_is_made_in_pages_and_given_in_a_file(admin: SignedIn) -> None:
    assert (
        admin.post(
            "/admin/calendars",
            data={
                "code": "Half-Week",
                "calendar_zh": "半周",
                "calendar_en": "Half a week",
                "year": "2026",
            },
        ).status_code
        == 302
    )
    made = db.session.scalars(sa.select(Calendar).where(Calendar.code == "half-week")).one()
    assert db.session.scalar(
        sa.select(sa.func.count())
        .select_from(CalendarDay)
        .where(CalendarDay.calendar_id == made.id)
    ), "it begins with the zone's days off"
    assert (
        "半周" in admin.get(f"/admin/calendars/{made.id}/2026").text
        or "Half a week" in admin.get(f"/admin/calendars/{made.id}/2026").text
    )
    again_taken = admin.post(
        "/admin/calendars",
        data={
            "code": "half-week",
            "calendar_zh": "半周",
            "calendar_en": "Half a week",
            "year": "2026",
        },
    )
    assert (
        again_taken.status_code == 422
        and "Another calendar has this code already." in again_taken.text
    )
    member = create_member()
    db.session.commit()
    assert (
        send(
            admin, "members", as_csv(["code", "calendar_id"], [member.code, "half-week"])
        ).status_code
        == 302
    )
    assert again(admin, Member, member.id).calendar_id == made.id
    assert "half-week" in admin.get("/admin/directory/members/export.csv").text


def test_an_absence_is_entered_in_the_zones_time(admin: SignedIn) -> None:
    member = create_member()
    db.session.commit()
    page = {
        "member_id": member.code,
        "from_at": "2026-11-26T09:00",
        "to_at": "2026-11-27T18:00",
        "reason": "leave",
    }
    assert admin.post("/admin/directory/absences/new", data=page).status_code == 302
    made = db.session.scalars(sa.select(Absence).where(Absence.member_id == member.id)).one()
    assert made.from_at == datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
    wrong = admin.post(
        "/admin/directory/absences/new", data={**page, "from_at": "2026-11-28T09:00"}
    )
    assert wrong.status_code == 422 and "The absence ends before it begins." in wrong.text
