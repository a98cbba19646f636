"""Every page opens for a role that may open it, in both languages,
within its budget of statements.
"""

from __future__ import annotations

from typing import Self

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from tests.factories.directory import create_enterprise, create_institution, create_member, station
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.signing_in import SignIn

MOST_STATEMENTS = 12

PAGES = [
    (Role.ENTERPRISE_OWNER, "/home"),
    (Role.ENTERPRISE_STAFF, "/home"),
    (Role.ENTERPRISE_OWNER, "/services"),
    (Role.ENTERPRISE_OWNER, "/services?q=专利"),
    (Role.ENTERPRISE_OWNER, "/services/FIN-01"),
    (Role.ENTERPRISE_OWNER, "/tickets/new/FIN-01"),
    (Role.ENTERPRISE_OWNER, "/settings"),
    (Role.ENTERPRISE_OWNER, "/organisation/people"),
    (Role.ENTERPRISE_OWNER, "/notifications"),
    (Role.ENTERPRISE_OWNER, "/points"),
    (Role.ENTERPRISE_OWNER, "/facts/2025"),
    (Role.MANAGER, "/boards"),
    (Role.MANAGER, "/facts/conflicts"),
    (Role.ADMINISTRATOR, "/facts/import"),
    (Role.ADMINISTRATOR, "/admin/schemes"),
    (Role.ADMINISTRATOR, "/admin/schemes/versions/1"),
    (Role.STATION_MEMBER, "/queue"),
    (Role.STATION_MEMBER, "/queue?view=station"),
    (Role.STATION_MEMBER, "/my-cases"),
    (Role.STATION_MEMBER, "/on-behalf"),
    (Role.STATION_MEMBER, "/on-behalf?q=jin"),
    (Role.STATION_LEAD, "/board"),
    (Role.INSTITUTION_LEAD, "/institution"),
    (Role.INSTITUTION_WORKER, "/institution"),
    (Role.MANAGER, "/counts"),
    (Role.MANAGER, "/counts?by=enterprise"),
    (Role.MANAGER, "/counts?by=month"),
    (Role.MANAGER, "/counts/lines"),
    (Role.MANAGER, "/counts/proof"),
    (Role.MANAGER, "/finance"),
    (Role.MANAGER, "/finance?by=month&as_of=2026-11-01&known=2026-11-02"),
    (Role.MANAGER, "/finance?by=industry&park=1"),
    (Role.MANAGER, "/finance/entries?what=drawn"),
    (Role.MANAGER, "/finance/lines"),
    (Role.MANAGER, "/finance/enterprises"),
    (Role.MANAGER, "/finance/corrections"),
    (Role.AUDITOR, "/finance?by=product"),
    (Role.INSTITUTION_LEAD, "/finance"),
    (Role.INSTITUTION_WORKER, "/finance/slips"),
    (Role.ENTERPRISE_OWNER, "/finance"),
    (Role.MANAGER, "/all-tickets"),
    (Role.MANAGER, "/status"),
    (Role.MANAGER, "/board"),
    (Role.AUDITOR, "/counts"),
    (Role.ADMINISTRATOR, "/admin/directory"),
    (Role.ADMINISTRATOR, "/admin/directory/parks"),
    (Role.ADMINISTRATOR, "/admin/directory/stations"),
    (Role.ADMINISTRATOR, "/admin/directory/enterprises/new"),
    (Role.ADMINISTRATOR, "/admin/directory/members"),
    (Role.ADMINISTRATOR, "/admin/directory/institutions"),
    (Role.ADMINISTRATOR, "/admin/directory/stations/import"),
    (Role.ADMINISTRATOR, "/admin/services"),
    (Role.ADMINISTRATOR, "/admin/services/FIN-01"),
    (Role.ADMINISTRATOR, "/admin/services/new"),
    (Role.ADMINISTRATOR, "/admin/categories/new"),
    (Role.ADMINISTRATOR, "/admin/categories/POL"),
    (Role.ADMINISTRATOR, "/admin/routing"),
    (Role.ADMINISTRATOR, "/admin/routing/new"),
    (Role.ADMINISTRATOR, "/admin/people"),
    (Role.ADMINISTRATOR, "/organisation/people"),
    (Role.ADMINISTRATOR, "/mailbox"),
    (Role.ADMINISTRATOR, "/status"),
    (Role.ADMINISTRATOR, "/admin/log"),
    (Role.AUDITOR, "/admin/log"),
    (Role.ADMINISTRATOR, "/admin/log?kind=signed_in&who=lin&about=st&from=2026-01-01"),
]


class Statements:
    """Counts what is sent to the database."""

    def __init__(self, app: Flask) -> None:
        self.seen: list[str] = []
        self.connection = db._app_engines[app][None]

    def __enter__(self) -> Self:
        sa.event.listen(self.connection, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sa.event.remove(self.connection, "before_cursor_execute", self._note)

    def _note(self, _c: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.upper().startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO")):
            self.seen.append(statement)


@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize(("role", "path"), PAGES)
def test_page_opens(app: Flask, client_as: SignIn, role: Role, path: str, locale: str) -> None:
    client = client_as(role, locale=locale)
    client.get(path)
    with Statements(app) as statements:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    assert len(statements.seen) <= MOST_STATEMENTS, "\n".join(statements.seen)
    assert 'lang="zh-CN"' in answer.text if locale == "zh" else 'lang="en"' in answer.text


@pytest.mark.parametrize(
    "role",
    [Role.STATION_MEMBER, Role.STATION_LEAD, Role.MANAGER, Role.AUDITOR, Role.ENTERPRISE_OWNER],
)
def test_ticket_page_opens_within_budget(app: Flask, client_as: SignIn, role: Role) -> None:
    asker = enterprise_actor()
    ticket = create_ticket("LEG-02", actor=asker)
    create_member()
    create_institution(services=("LEG-02",))
    from service_portal.assigning.services import assign_waiting
    from service_portal.routing.services import route_waiting
    from tests.factories.tickets import TUESDAY

    route_waiting(now=TUESDAY)
    assign_waiting(now=TUESDAY)
    client = client_as(role, station_id=station().id, enterprise_id=asker.enterprise_id)
    client.get(f"/tickets/{ticket.id}")
    with Statements(app) as statements:
        answer = client.get(f"/tickets/{ticket.id}")
    assert answer.status_code == 200, answer.text[:500]
    assert ticket.reference in answer.text
    assert len(statements.seen) <= MOST_STATEMENTS, "\n".join(statements.seen)


def test_sign_in_page_and_public_pages(client: FlaskClient) -> None:
    for path in ("/sign-in", "/services", "/healthz?only=web", "/metrics", "/reset-password"):
        assert client.get(path).status_code == 200, path
    assert client.get("/").headers["Location"].startswith("/sign-in")
    assert client.get("/queue").status_code == 302
    assert create_enterprise().id


def test_unknown_page_is_a_page(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "<h1" in answer.text or "empty-title" in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_page_shows_the_way_back(client_as: SignIn, method: str) -> None:
    answer = client_as(Role.MANAGER).open("/nowhere", method=method)
    assert answer.status_code == 404 and 'href="/counts"' in answer.text


def test_the_menu_marks_where_one_is(client_as: SignIn) -> None:
    client = client_as(Role.ADMINISTRATOR)
    for path, marked in (("/admin/people", 1), ("/admin/directory/members", 1), ("/settings", 0)):
        assert client.get(path).text.count('aria-current="page"') == marked, path
