"""An act is declared once: it agrees with the lifecycle's table, has its two doors and its words,
and no template repeats what it says.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask import Flask, url_for

from service_portal.access.policy import POLICY
from service_portal.api import loans
from service_portal.api.moves import ACTS, BODIES, MOVES
from service_portal.events.subscriptions import LISTENERS
from service_portal.notifications.wording import sentence
from service_portal.tickets.moves.declaration import Act, Place
from service_portal.tickets.moves.fields import Choice
from service_portal.tickets.moves.registry import acts
from service_portal.tickets.moves.web_forms import form_of
from service_portal.tickets.rules import TABLE, Move, Status
from service_portal.web.guards import permission_of
from service_portal.web.language import speaking
from tests.architecture.source import ROOT, name_of, ours, tree

# The portal makes these by itself, when their time comes.
OF_THE_PORTAL = {Move.ROUTE, Move.AUTO_CLOSE, Move.ARCHIVE}
NAMES = [act.name for act in ACTS]
# What an act that is no move is asked under, over the API.
ROUTES = {
    "contact": "v1.record_contact",
    "post_message": "v1.write",
    "add_note": "v1.write",
    "rate": "v1.rate",
    "link": "v1.link",
    "unlink": "v1.link",
    "call_back": "v1.call_back",
    "ask_banks": "v1.ask_for_loans",
    **dict.fromkeys(loans.BY_NAME, "v1.act_on_loan"),
}


def test_every_declared_move_leads_where_the_table_says() -> None:
    declared = {
        (status, move): target
        for move, act in MOVES.items()
        for status, target in act.leads.items()
    }
    assert declared == {pair: to for pair, to in TABLE.items() if pair[1] not in OF_THE_PORTAL}


def test_every_move_of_the_table_is_declared_or_the_portals_own() -> None:
    assert {move for _status, move in TABLE} == MOVES.keys() | OF_THE_PORTAL


def test_every_act_is_registered_with_its_stage(app: Flask) -> None:
    assert set(acts()) == set(ACTS)


@pytest.mark.parametrize("act", ACTS, ids=NAMES)
def test_an_act_has_a_web_door_behind_its_permission(app: Flask, act: Act) -> None:
    (found,) = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule == act.rule and "POST" in (rule.methods or ())
    }
    assert permission_of(app.view_functions[found]) is act.permission
    assert found.endswith(f".{act.name}")
    assert act.permission in POLICY


@pytest.mark.parametrize("act", ACTS, ids=NAMES)
def test_an_act_has_a_door_in_the_api(app: Flask, act: Act) -> None:
    if act.move is not None:
        assert act.move in BODIES
    else:
        assert ROUTES[act.name] in app.view_functions


@pytest.mark.parametrize("move", MOVES)
def test_web_and_api_take_the_same_fields(app: Flask, move: Move) -> None:
    act = MOVES[move]
    with app.test_request_context():
        on_the_web = set(form_of(act)().data)
    assert on_the_web == {one.name for one in act.fields if not one.only_api}
    assert BODIES[move].fields.keys() == {one.name for one in act.fields} | {"move"}


@pytest.mark.parametrize("act", ACTS, ids=NAMES)
def test_only_what_the_web_cannot_show_is_for_programs_alone(act: Act) -> None:
    if not act.own_page:
        assert {one.name for one in act.fields if one.only_api} <= {"solved"}


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_every_act_has_its_words(app: Flask, locale: str) -> None:
    with app.test_request_context(), speaking(locale):
        for act in ACTS:
            assert callable(act.button) or str(act.button) or act.own_page
            for one in act.fields:
                assert not isinstance(one, Choice) or str(one.required) or one.only_api, one.name
            if act.event is not None:
                assert sentence(act.event.name, {}) == str(act.notice) != ""


def test_every_event_of_an_act_is_heard() -> None:
    assert {act.event.name for act in ACTS if act.event is not None} <= LISTENERS.keys()


def test_every_move_is_said_in_the_timeline() -> None:
    assert [act.name for act in ACTS if act.move is not None and act.timeline is None] == []


def test_every_act_is_made_in_a_test() -> None:
    named = {
        text
        for path in ours(".py", below="tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(text := node.value, str)
    }
    posted = {word for text in named for word in re.split(r"[^a-z_-]+", text)}
    assert {act.segment for act in ACTS if not act.address} <= posted


def test_acts_of_a_page_stand_in_one_order() -> None:
    at_top = [act.position for act in ACTS if act.place is Place.TOP]
    assert len(set(at_top)) == len(at_top) and all(at_top)


def test_the_ticket_page_names_no_stage(app: Flask) -> None:
    text = (ROOT / "templates/tickets/show_ticket.html").read_text(encoding="utf-8")
    named = set(re.findall(r"url_for\(['\"](\w+)\.", text))
    assert named <= {"tickets"}
    with app.test_request_context():
        assert url_for("tickets.show_ticket", ticket_id=1)


@pytest.mark.parametrize("path", ours(".html", below="templates"), ids=name_of)
def test_no_template_knows_a_status(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    words = "|".join(Status)
    compared = rf"status\s*(?:==|!=|in|not in)\s*\(?[^)}}%]*?[\"'](?:{words})[\"']"
    assert not re.findall(compared, text), "ask what is open, or the rules"
