"""Lists, their pages and filters, the catalogue, and the same counts as the manager's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.api import shapes, usage_shapes
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.reviewing import queries as reviewing
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_station, station
from tests.factories.tickets import create_ticket
from tests.services.programs import ANSWER, Program, Walk, fits


def all_pages(program: Program, path: str, name: str, **query: Any) -> list[dict[str, Any]]:
    """Read a list to its end."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        said = program.get(path, **query, **({"cursor": cursor} if cursor else {})).get_json()
        assert len(said[name]) <= query["limit"]
        found += said[name]
        cursor = said["next_cursor"]
        if cursor is None:
            return found


def test_pages_lose_nothing_and_repeat_nothing(owner: Program) -> None:
    references = [
        create_ticket(actor=owner.actor, now=now() + timedelta(minutes=n)).reference
        for n in range(17)
    ]
    for limit in (1, 4, 17, 50):
        assert [
            line["reference"] for line in all_pages(owner, "/tickets", "tickets", limit=limit)
        ] == references[::-1]
    for n in range(9):
        owner.post(f"/tickets/{references[0]}/messages", {"body": f"word {n}"})
    whole = owner.get(f"/tickets/{references[0]}/timeline").get_json()["lines"]
    assert len(whole) == 10 and [line["text"] for line in whole[1:]] == [
        f"word {n}" for n in range(9)
    ]
    assert all_pages(owner, f"/tickets/{references[0]}/timeline", "lines", limit=3) == whole
    fits(owner.get("/tickets", limit=3).get_json(), shapes.Tickets)


def test_a_ticket_that_comes_meanwhile_moves_no_page(owner: Program) -> None:
    for n in range(4):
        create_ticket(actor=owner.actor, now=now() + timedelta(minutes=n))
    first = owner.get("/tickets", limit=2).get_json()
    create_ticket(actor=owner.actor, now=now() + timedelta(hours=1))
    second = owner.get("/tickets", limit=2, cursor=first["next_cursor"]).get_json()
    seen = [line["reference"] for line in first["tickets"] + second["tickets"]]
    assert len(set(seen)) == 4 and second["next_cursor"] is None


def test_filters(walk: Walk) -> None:
    one, two = walk.file("POL-03"), walk.file("LEG-02")
    walk.owner.move(one, "withdraw")
    db.session.execute(
        sa.update(Ticket)
        .where(Ticket.reference == two)
        .values(urgent=True, light=2, filed_at=now() - timedelta(days=3))
    )
    day = (now() - timedelta(days=1)).date().isoformat()
    for query, expected in (
        ({"status": "withdrawn"}, {one}),
        ({"status": "open"}, {two}),
        ({"status": "open,withdrawn"}, {one, two}),
        ({"service": "leg-02"}, {two}),
        ({"category": "POL"}, {one}),
        ({"station": station().code}, {one, two}),
        ({"station": str(station().id)}, {one, two}),
        ({"station": "ST01"}, set()),
        ({"since": day}, {one}),
        ({"until": day}, {two}),
        ({"since": "2020-01-01T00:00:00 08:00"}, {one, two}),
        ({"urgent": "true"}, {two}),
        ({"late": "false"}, {one}),
        ({"q": two}, {two}),
        ({"q": "subsidies"}, {one, two}),
        ({"institution": "7"}, set()),
    ):
        answer = walk.owner.get("/tickets", **query)
        assert {line["reference"] for line in answer.get_json()["tickets"]} == expected, query


def test_the_catalogue(owner: Program) -> None:
    said = owner.get("/services").get_json()
    fits(said, shapes.Services)
    assert len(said["services"]) == 58
    assert {
        line["code"] for line in owner.get("/services", category="leg").get_json()["services"]
    } == {line["code"] for line in said["services"] if line["category"]["code"] == "LEG"}
    assert owner.get("/services", q="贷款").get_json()["services"][0]["code"].startswith("FIN")
    for line in said["services"]:
        fits(owner.get(f"/services/{line['code'].lower()}").get_json(), shapes.Service)


def test_usage_says_what_the_page_says(walk: Walk, as_role: Callable[..., Program]) -> None:
    for _ in range(2):
        reference = walk.file()
        for program, move, needs in (
            (walk.member, "accept", {}),
            (walk.member, "start", {}),
            (walk.member, "answer", ANSWER),
            (walk.owner, "confirm", {"level": 5}),
        ):
            assert program.move(reference, move, **needs).status_code == 200
    manager = as_role(Role.MANAGER)
    today = now().astimezone(zone_time()).date()
    month = f"{today:%Y-%m}"
    for group in ("station", "institution", "category", "service", "enterprise", "park", "month"):
        said = manager.get("/usage", group_by=group, **{"from": month, "to": month}).get_json()
        fits(said, usage_shapes.Usage)
        assert said["totals"] == {
            "enterprises": 1,
            "cases": 2,
            "events": 2,
            "minutes": 60,
            "persons": 0,
        }, "persons are counted where people came to an event, not for tickets"
        assert [(row["events"], row["cases"], row["minutes"]) for row in said["rows"]] == [
            (2, 2, 60)
        ]
    (row,) = manager.get("/usage", group_by="station", **{"from": f"{month}-01"}).get_json()["rows"]
    part = reviewing.Slice(today.replace(day=1), today.replace(day=1))
    assert row["key"] == station().id and row["name"]["en"] == station().name_en
    assert {row.key: (row.events, row.cases) for row in reviewing.grouped(part, "service")} == {
        "POL-03": (2, 2)
    }
    assert manager.get("/usage", station="ST01").get_json()["rows"] == []
    assert manager.get("/usage", to="2026-01").get_json()["from"] == "2025-02"
    assert walk.lead.get("/usage").get_json()["totals"]["cases"] == 2
    other = as_role(Role.STATION_LEAD, station_id=create_station().id)
    assert other.get("/usage", station=station().code).get_json()["totals"]["cases"] == 0
