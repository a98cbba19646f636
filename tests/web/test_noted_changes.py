"""Every form with which people and administrative data are changed leaves an entry: who, from
where, what it was and what it became.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission as P
from service_portal.audit.models import SecurityEntry
from service_portal.directory.models import Station
from service_portal.kernel.db import db
from service_portal.web.guards import permission_of
from tests.signing_in import SignIn
from tests.web.noted_forms import ANYTHING, FORMS, first_station, station_said

ADMINISTRATIVE = {
    P.ACCOUNT_OWN,
    P.CALENDAR_EDIT,
    P.CATALOGUE_EDIT,
    P.DIRECTORY_EDIT,
    P.PEOPLE_INVITE,
    P.PEOPLE_MANAGE,
    P.ROUTING_EDIT,
}
# Forms of one's own that change neither people nor administrative data.
OTHERS = {
    "accounts.act_as",
    "filing.new_ticket",
    "filing.save_draft",
    "filing.discard_draft",
    # Sessions change nothing but who is signed in; one's own factor has tests of its own.
    "factor.end_session",
    "factor.end_other_sessions",
    "factor.set_up",
    "factor.renew_codes",
    "factor.turn_off",
}


def test_every_such_form_is_here(app: Flask) -> None:
    posts = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and permission_of(app.view_functions[rule.endpoint]) in ADMINISTRATIVE
        and not rule.rule.startswith("/api/")
    }
    assert posts - OTHERS == set(FORMS)


def _fits(found: Any, wanted: list[Any]) -> bool:
    return found is not None and all(
        one is ANYTHING or one == other for one, other in zip(wanted, found, strict=True)
    )


@pytest.mark.parametrize("endpoint", FORMS)
def test_it_leaves_an_entry_with_before_and_after(
    app: Flask,
    client_as: SignIn,
    endpoint: str,
) -> None:
    form, client = FORMS[endpoint], client_as(Role.ADMINISTRATOR)
    path, said = form.path(client), form.said(client)
    last = db.session.scalar(sa.select(sa.func.coalesce(sa.func.max(SecurityEntry.id), 0)))
    answer = client.post(path, data=said, headers={"User-Agent": "Browser/2"})
    assert answer.status_code in {200, 302}, answer.text[-2000:]
    query = sa.select(SecurityEntry).where(SecurityEntry.id > last)
    written = [one for one in db.session.scalars(query) if one.kind == form.kind]
    assert written
    for one in written:
        assert (one.person_id, one.role) == (client.person.id, "administrator")
        assert (one.address, one.agent) == ("127.0.0.1", "Browser/2")
        assert one.object_id and one.object_table
    fields = {name: pair for one in written for name, pair in one.details.get("fields", {}).items()}
    wrong = {
        name: fields.get(name)
        for name, pair in form.changes.items()
        if not _fits(fields.get(name), pair)
    }
    assert not wrong
    assert not any(
        "hash" in str(one.details) or "sp_" in str(one.details.get("token_hash")) for one in written
    )


def test_what_a_station_covers_is_said_as_what_came_and_went(client_as: SignIn) -> None:
    client = client_as(Role.ADMINISTRATOR)
    client.post(first_station(client), data=station_said(client))
    query = sa.select(SecurityEntry).where(SecurityEntry.details["of"].astext == "station_coverage")
    (gone,) = db.session.scalars(query).all()
    assert (gone.details["act"], gone.object_name) == ("removed", "ST05")
    assert all(link["category_code"] != "FIN" for link in gone.details["links"])


def test_saving_what_is_there_already_leaves_none(client_as: SignIn) -> None:
    client = client_as(Role.ADMINISTRATOR)
    client.post(first_station(client), data=station_said(client))
    count = sa.select(sa.func.count()).select_from(SecurityEntry)
    before = db.session.scalar(count)
    client.post(first_station(client), data=station_said(client))
    assert db.session.scalar(count) == before


def test_a_page_shows_them_with_names_and_the_file_has_all(client_as: SignIn) -> None:
    client = client_as(Role.ADMINISTRATOR)
    client.post(first_station(client), data=station_said(client))
    page = client.get("/admin/log?kind=directory_changed&about=st05").text
    assert "<del>Gaoming Station</del>" in page and "<ins>Gaoming</ins>" in page
    content = client.get("/admin/log/export.csv?kind=directory_changed").data.decode("utf-8-sig")
    assert "Name in English: Gaoming Station → Gaoming" in content


def test_a_long_log_is_paged_and_exported_whole(client_as: SignIn) -> None:
    client = client_as(Role.ADMINISTRATOR)
    numbers = range(1234)
    db.session.add_all(SecurityEntry(kind="refused", object_name=f"n{n:04}") for n in numbers)
    db.session.commit()
    lines = client.get("/admin/log/export.csv?kind=refused").data.decode("utf-8-sig").splitlines()
    assert len(lines) == 1235
    seen, path = 0, "/admin/log?kind=refused"
    while path:
        page = client.get(path).text
        seen += page.count('<strong class="fw-medium">')
        more = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        path = more.replace("&amp;", "&") if 'rel="next"' in page else ""
    assert seen == 1234


def test_an_auditor_reads_that_a_phone_changed_and_not_the_phone(client_as: SignIn) -> None:
    auditor = client_as(Role.AUDITOR)
    db.session.execute(sa.update(Station).where(Station.code == "ST05").values(phone="0757-777"))
    db.session.commit()
    page = auditor.get("/admin/log?about=ST05").text
    assert "Phone" in page and "0757-777" not in page
