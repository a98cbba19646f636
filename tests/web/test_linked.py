"""The panel of a ticket's page that shows which tickets go with it."""

from __future__ import annotations

import pytest

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.directory import station
from tests.signing_in import SignedIn, SignIn
from tests.web.acting import a_case, form_of, now_acts


@pytest.fixture
def member(client_as: SignIn) -> SignedIn:
    """A member of the station."""
    return client_as(Role.STATION_MEMBER, station_id=station().id)


@pytest.fixture
def two(member: SignedIn) -> list[Ticket]:
    """Two cases of the member's, of two enterprises."""
    return [a_case(member) for _ in range(2)]


def link(member: SignedIn, two: list[Ticket], act: str = "link") -> None:
    """Link the two, or take their link away."""
    answer = now_acts(member).post(f"/tickets/{two[0].id}/{act}", data={"other": two[1].reference})
    assert answer.status_code == 302
    db.session.expire_all()


def panel_of(page: str) -> str:
    """Cut the panel out of a page; nothing where there is none."""
    return page.partition('id="related"')[2].partition("</aside>")[0]


def test_each_page_leads_to_the_other(member: SignedIn, two: list[Ticket]) -> None:
    link(member, two)
    for one, other in (two, two[::-1]):
        panel = panel_of(member.get(f"/tickets/{one.id}").text)
        assert f'href="/tickets/{other.id}"' in panel and other.title in panel
        assert f'value="{other.reference}"' in form_of(panel, "unlink")


def test_the_history_of_both_names_the_other(member: SignedIn, two: list[Ticket]) -> None:
    link(member, two)
    for one, other in (two, two[::-1]):
        assert f"linked it with {other.reference}" in member.get(f"/tickets/{one.id}").text


def test_a_link_is_taken_away_again(member: SignedIn, two: list[Ticket]) -> None:
    link(member, two)
    link(member, two, "unlink")
    assert "No other ticket yet." in panel_of(member.get(f"/tickets/{two[0].id}").text)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "Give the reference of the other ticket"),
        ("NH-2020-99999", "There is no other ticket of that reference that you can open."),
    ],
)
def test_what_is_wrong_stands_in_its_form(
    member: SignedIn, two: list[Ticket], said: str, words: str
) -> None:
    answer = now_acts(member).post(f"/tickets/{two[0].id}/link", data={"other": said})
    form = form_of(answer.text, "link")
    assert answer.status_code == 422 and words in form
    assert f'value="{said}"' in form and "<details" in form and " open" in form


def test_an_enterprise_reads_nothing_of_anothers(
    client_as: SignIn, member: SignedIn, two: list[Ticket]
) -> None:
    link(member, two)
    owner = client_as(Role.ENTERPRISE_OWNER, enterprise_id=two[0].enterprise_id)
    page = now_acts(owner).get(f"/tickets/{two[0].id}").text
    assert panel_of(page) == "" and two[1].reference not in page
