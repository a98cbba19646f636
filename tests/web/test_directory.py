"""The directory in pages and files: each kind goes out and comes in again, wrong rows are named
where they stand, and nothing is half imported.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from time import process_time

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook

from service_portal.access.actor import Role
from service_portal.assigning.offering import offer_waiting
from service_portal.directory.kinds import KINDS
from service_portal.directory.models import (
    Absence,
    Enterprise,
    EnterpriseExclusion,
    Institution,
    InterestConflict,
    Member,
    Station,
    StationCoverage,
    Zone,
)
from service_portal.kernel.db import db
from service_portal.sla.models import Calendar, CalendarDay
from service_portal.tickets.models import Decision, Ticket
from tests.factories.directory import (
    create_enterprise,
    create_institution,
    create_member,
    create_station,
    park,
    social_credit_code,
    station,
)
from tests.factories.tickets import TUESDAY, create_ticket
from tests.web.test_pages import Statements


def as_csv(*rows: list[str]) -> bytes:
    """Write rows as a CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def send(client, kind: str, content: bytes, *, act: str = "take", name: str = "file.csv"):
    """Send a file to the import."""
    return client.post(
        f"/admin/directory/{kind}/import",
        data={"file": (io.BytesIO(content), name), "act": act},
        content_type="multipart/form-data",
    )


def again(client, model, entry_id: int):
    """Read an entry again."""
    return db.session.get_one(model, entry_id, populate_existing=True)


@pytest.fixture
def admin(client_as):
    """An administrator's browser."""
    return client_as(Role.ADMINISTRATOR)


@pytest.fixture
def peopled(admin) -> None:
    """Something of every kind."""
    enterprise, institution, member = (
        create_enterprise(tags=["export"]),
        create_institution(services=("LEG-02",)),
        create_member(email="a@zone.example"),
    )
    db.session.add_all(
        [
            EnterpriseExclusion(enterprise_id=enterprise.id, institution_id=institution.id),
            InterestConflict(
                enterprise_id=enterprise.id, institution_id=institution.id, reason="=kin"
            ),
            Absence(
                member_id=member.id,
                from_at=TUESDAY,
                to_at=TUESDAY + timedelta(days=2),
                reason="leave",
            ),
        ]
    )
    db.session.commit()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.usefixtures("peopled")
def test_what_goes_out_comes_in_again_unchanged(admin, kind: str, form: str) -> None:
    exported = admin.get(f"/admin/directory/{kind}/export.{form}").data
    answer = send(admin, kind, exported, act="check", name=f"file.{form}")
    assert "0 new, 0 changed," in answer.text, answer.text
    rows = (
        list(csv.reader(io.StringIO(exported.decode("utf-8-sig"))))
        if form == "csv"
        else list(load_workbook(io.BytesIO(exported)).worksheets[0].values)
    )
    assert len(rows) > 1 and list(rows[0]) == [column.name for column in KINDS[kind].columns]


@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.usefixtures("peopled")
def test_every_kind_has_its_pages(client_as, kind: str, locale: str) -> None:
    client = client_as(Role.ADMINISTRATOR, locale=locale)
    newest = db.session.scalar(sa.select(sa.func.max(KINDS[kind].model.id)))
    for path in ("", "?q=a", "/new", "/import", f"/{newest}"):
        assert client.get(f"/admin/directory/{kind}{path}").status_code == 200, path
    assert f"/admin/directory/{kind}" in client.get("/admin/directory").text


@pytest.mark.parametrize("kind", ["absences", "exclusions", "conflicts"])
@pytest.mark.usefixtures("peopled")
def test_what_only_links_can_be_removed_and_what_has_a_name_cannot(admin, kind: str) -> None:
    model = KINDS[kind].model
    newest = db.session.scalar(sa.select(sa.func.max(model.id)))
    assert admin.post(f"/admin/directory/{kind}/{newest}/remove").status_code == 302
    assert db.session.scalar(sa.select(model.id).where(model.id == newest)) is None
    assert admin.post(f"/admin/directory/stations/{station().id}/remove").status_code == 404


def test_the_zone_is_renamed_in_a_small_form(admin) -> None:
    assert (
        admin.post(
            "/admin/zone", data={"name_zh": "测试高新区", "name_en": "Test zone"}
        ).status_code
        == 302
    )
    zone = again(admin, Zone, 1)
    assert (zone.name_zh, zone.name_en) == ("测试高新区", "Test zone")
    assert "Test zone" in admin.get("/admin/directory").text
    assert (
        admin.post("/admin/zone", data={"name_zh": "", "name_en": "Test zone"}).status_code == 422
    )


def test_headquarters_stays_in_use(admin) -> None:
    home = station("ST01")
    page = {
        "code": "ST01",
        "name_zh": home.name_zh,
        "name_en": home.name_en,
        "active": "no",
        "position": "0",
        "parks": "HQ",
        "categories": "FIN",
    }
    answer = admin.post(f"/admin/directory/stations/{home.id}", data=page)
    assert answer.status_code == 422 and "so it stays in use" in answer.text
    answer = send(admin, "stations", as_csv(["code", "active"], ["ST01", "no"], ["ST05", "no"]))
    assert answer.status_code == 422 and "so it stays in use" in answer.text
    assert (
        again(admin, Station, home.id).active and again(admin, Station, station("ST05").id).active
    ), "half imported"
    with pytest.raises(sa.exc.IntegrityError), db.session.begin_nested():
        db.session.execute(sa.update(Station).where(Station.id == home.id).values(active=False))


def test_a_new_station_comes_last_and_may_cover_every_park(admin) -> None:
    last = db.session.scalar(sa.select(sa.func.max(Station.position)))
    send(
        admin,
        "stations",
        as_csv(
            ["code", "name_zh", "name_en", "parks", "categories"],
            ["ST90", "新站", "New", "*", "FIN, LEG"],
        ),
    )
    made = station("ST90")
    assert made.position == last + 1 and made.active
    assert {
        (row.park_id, row.category_code)
        for row in db.session.scalars(
            sa.select(StationCoverage).where(StationCoverage.station_id == made.id)
        )
    } == {(None, "FIN"), (None, "LEG")}


def test_a_licence_that_ends_before_the_stored_one_begins_is_a_sentence(admin) -> None:
    made = create_institution(licence_from=date(2025, 1, 1), licence_until=date(2027, 1, 1))
    db.session.commit()
    answer = send(
        admin, "institutions", as_csv(["code", "licence_until"], [made.code, "2024-12-31"])
    )
    assert answer.status_code == 422 and "The licence ends before it begins." in answer.text
    assert (
        send(
            admin, "institutions", as_csv(["code", "licence_until"], [made.code, "2026/6/1"])
        ).status_code
        == 302
    )
    assert again(admin, Institution, made.id).licence_until == date(2026, 6, 1)


def test_states_are_words_of_the_readers_language_and_only_legal_ones_are_offered(
    client_as,
) -> None:
    client = client_as(Role.ADMINISTRATOR, locale="zh")
    made = create_institution(status="admitted")
    db.session.commit()
    page = client.get(f"/admin/directory/institutions/{made.id}").text
    field = page.split('name="status"')[1].split("</select>")[0]
    assert [
        word in field
        for word in ("已入库", "已暂停", "已退出", "已申请", "已评审", "admitted</option>")
    ] == [True, True, True, False, False, False]
    assert "已入库" in client.get("/admin/directory/institutions").text
    answer = send(client, "institutions", as_csv(["code", "status"], [made.code, "applied"]))
    assert "机构不能从“已入库”变为“已申请”。" in answer.text
    assert (
        send(client, "institutions", as_csv(["code", "status"], [made.code, "已暂停"])).status_code
        == 302
    )
    assert again(client, Institution, made.id).status == "suspended"


@pytest.mark.parametrize("name", ["file.csv", "file.xlsx"])
def test_a_wrong_row_is_named_by_its_number_in_the_file_blank_rows_included(
    admin, name: str
) -> None:
    rows = [
        ["code", "name_zh", "name_en"],
        ["P90", "园", "Park"],
        [],
        ["", "", ""],
        ["P91", "", "Park"],
        ["P90", "园", "Park"],
    ]
    content = as_csv(*rows)
    if name.endswith("xlsx"):
        import xlsxwriter

        out = io.BytesIO()
        book = xlsxwriter.Workbook(out, {"in_memory": True})
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        book.close()
        content = out.getvalue()
    answer = send(admin, "parks", content, name=name)
    cells = [row.split("</td>")[0] for row in answer.text.split('<td class="num">')[1:]]
    assert answer.status_code == 422 and cells == ["5", "6"], answer.text
    assert "Row 2 has the same code." in answer.text
    assert db.session.scalar(sa.text("SELECT count(*) FROM park WHERE code LIKE 'P9%'")) == 0, (
        "half imported"
    )


def test_an_empty_cell_keeps_capacity_and_use_and_clears_what_may_be_empty(admin) -> None:
    made = create_member(phone="1", capacity_points=7)
    db.session.commit()
    assert (
        send(
            admin,
            "members",
            as_csv(["code", "capacity_points", "active", "phone"], [made.code, "", "", ""]),
        ).status_code
        == 302
    )
    member = again(admin, Member, made.id)
    assert (member.capacity_points, member.active, member.phone) == (7, True, "")


def test_what_may_be_there_once_is_refused_in_page_and_file(admin) -> None:
    code = social_credit_code()
    first, second = create_institution(uscc=code), create_institution()
    db.session.commit()
    answer = send(admin, "institutions", as_csv(["code", "uscc"], [second.code, code]))
    assert answer.status_code == 422 and "Another entry has this already." in answer.text
    taken = admin.post(
        "/admin/directory/parks/new",
        data={"code": "NH", "name_zh": "园", "name_en": "Park", "active": "yes"},
    )
    assert taken.status_code == 422 and "Another entry has this code already." in taken.text
    assert park("NH").name_en != "Park"
    swapped = send(
        admin,
        "institutions",
        as_csv(["code", "uscc"], [first.code, ""], [second.code, social_credit_code()]),
    )
    assert swapped.status_code == 302


def test_references_that_do_not_exist_are_named(admin) -> None:
    answer = send(
        admin,
        "members",
        as_csv(
            ["code", "name_zh", "name_en", "station_id", "skills", "calendar_id"],
            ["X1", "甲", "A", "ST99", "FIN:3, NOPE:1", "moon"],
        ),
    )
    assert answer.status_code == 422
    for missing in ("ST99", "NOPE", "moon"):
        assert f"There is nothing with the code “{missing}”." in answer.text, missing


def test_taking_a_member_out_of_use_asks_once_and_names_the_consequence(admin) -> None:
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


def test_a_members_calendar_is_made_in_pages_and_given_in_a_file(admin) -> None:
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
    assert (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(CalendarDay)
            .where(CalendarDay.calendar_id == made.id)
        )
        > 0
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


def test_an_absence_is_entered_in_the_zones_time(admin) -> None:
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


@pytest.mark.parametrize(
    ("kind", "words"),
    [("exclusions", "excluded by the enterprise"), ("conflicts", "with a conflict of interest")],
)
def test_an_institution_named_in_a_file_is_not_asked(admin, kind: str, words: str) -> None:
    institution = create_institution(services=("LEG-02",))
    ticket = create_ticket("LEG-02")
    enterprise = db.session.get_one(Enterprise, ticket.enterprise_id)
    db.session.execute(sa.update(Ticket).where(Ticket.id == ticket.id).values(status="accepted"))
    db.session.commit()
    assert (
        send(
            admin,
            kind,
            as_csv(["enterprise_id", "institution_id"], [enterprise.uscc, institution.code]),
        ).status_code
        == 302
    )
    assert offer_waiting(now=TUESDAY) == 0
    assert (
        words
        in db.session.scalars(
            sa.select(Decision.words_en).where(
                Decision.ticket_id == ticket.id, Decision.kind == "offer"
            )
        ).one()
    )


def companies(count: int) -> list[list[str]]:
    """Invent rows of enterprises."""
    return [
        ["uscc", "name_zh", "name_en", "park_id"],
        *([social_credit_code(), f"企业 {n}", f"Company {n}", "NH"] for n in range(count)),
    ]


def test_an_import_asks_as_few_statements_for_many_rows_as_for_few(app: Flask, admin) -> None:
    few, many = companies(3), companies(400)
    asked = []
    for rows in (few, many):
        for act in ("check", "take", "check"):
            with Statements(app) as statements:
                answer = send(admin, "enterprises", as_csv(*rows), act=act)
            assert answer.status_code in {200, 302}, answer.text
            asked.append(len(statements.seen))
    # One or two more are names that are read again every few seconds.
    assert all(more <= less + 2 for less, more in zip(asked[:3], asked[3:], strict=True)), asked


def test_thousands_of_unchanged_rows_take_a_second_not_a_minute(admin) -> None:
    rows, park_id = companies(4_000), park("NH").id
    db.session.execute(
        sa.insert(Enterprise),
        [
            {"uscc": uscc, "name_zh": zh, "name_en": en, "park_id": park_id}
            for uscc, zh, en, _park in rows[1:]
        ],
    )
    db.session.commit()
    began = process_time()
    answer = send(admin, "enterprises", as_csv(*rows), act="check")
    assert "4000 unchanged" in answer.text, answer.text
    assert process_time() - began < 2.5, (
        "seconds of this process; one look-up for each row takes ten times as long"
    )


def test_one_more_station_is_no_headquarters(admin) -> None:
    made = create_station()
    db.session.commit()
    assert send(admin, "stations", as_csv(["code", "active"], [made.code, "no"])).status_code == 302
    assert not again(admin, Station, made.id).active
