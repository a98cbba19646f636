"""The directory in pages and files: each kind goes out and comes in again, wrong rows are named
where they stand, and nothing is half imported.
"""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from service_portal.access.actor import Role
from service_portal.directory.kinds import KINDS
from service_portal.directory.models import (
    Absence,
    EnterpriseExclusion,
    EnterprisePreference,
    Institution,
    InterestConflict,
    Station,
    StationCoverage,
    Zone,
)
from service_portal.kernel.db import db
from tests.factories.directory import (
    create_enterprise,
    create_institution,
    create_member,
    create_station,
    station,
)
from tests.factories.tickets import TUESDAY
from tests.signing_in import SignedIn, SignIn
from tests.web.entries import again, as_csv, send


@pytest.fixture
def peopled(admin: SignedIn) -> None:
    """Something of every kind."""
    enterprise, institution, member = (
        create_enterprise(tags=["export"]),
        create_institution(services=("LEG-02",)),
        create_member(email="a@zone.example"),
    )
    db.session.add_all(
        [
            EnterpriseExclusion(enterprise_id=enterprise.id, institution_id=institution.id),
            EnterprisePreference(enterprise_id=enterprise.id, institution_id=institution.id),
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
def test_what_goes_out_comes_in_again_unchanged(admin: SignedIn, kind: str, form: str) -> None:
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
def test_every_kind_has_its_pages(client_as: SignIn, kind: str, locale: str) -> None:
    client = client_as(Role.ADMINISTRATOR, locale=locale)
    newest = db.session.scalar(sa.select(sa.func.max(KINDS[kind].model.id)))
    for path in ("", "?q=a", "/new", "/import", f"/{newest}"):
        assert client.get(f"/admin/directory/{kind}{path}").status_code == 200, path
    assert f"/admin/directory/{kind}" in client.get("/admin/directory").text


@pytest.mark.parametrize("kind", ["absences", "exclusions", "preferences", "conflicts"])
@pytest.mark.usefixtures("peopled")
def test_what_only_links_can_be_removed_and_what_has_a_name_cannot(
    admin: SignedIn, kind: str
) -> None:
    model = KINDS[kind].model
    newest = db.session.scalar(sa.select(sa.func.max(model.id)))
    assert admin.post(f"/admin/directory/{kind}/{newest}/remove").status_code == 302
    assert db.session.scalar(sa.select(model.id).where(model.id == newest)) is None
    assert admin.post(f"/admin/directory/stations/{station().id}/remove").status_code == 404


def test_the_zone_is_renamed_in_a_small_form(admin: SignedIn) -> None:
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


def test_headquarters_stays_in_use(admin: SignedIn) -> None:
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


def test_a_new_station_comes_last_and_may_cover_every_park(admin: SignedIn) -> None:
    last = db.session.scalars(sa.select(sa.func.max(Station.position))).one()
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


def test_a_licence_that_ends_before_the_stored_one_begins_is_a_sentence(admin: SignedIn) -> None:
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
    client_as: SignIn,
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


def test_one_more_station_is_no_headquarters(admin: SignedIn) -> None:
    made = create_station()
    db.session.commit()
    assert send(admin, "stations", as_csv(["code", "active"], [made.code, "no"])).status_code == 302
    assert not again(admin, Station, made.id).active
