"""Every route, for every role, on one's own and on foreign objects: nobody reads a word that is not
theirs, a foreign thing answers exactly like a missing one, and nothing of others is changed.
Generated from the routes; a new one is covered by being there.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from service_portal.kernel.db import db
from tests.security.asking import MISSING, Ask, ask, body_for, masked, owned, rules, said, send
from tests.security.canaries import MARKUP
from tests.security.contents import BODIES, QUERIES
from tests.security.sides import Somebody
from tests.security.watching import (
    NOT_THEIRS,
    OF_A_SIDE,
    PEOPLE,
    SUMS,
    Watch,
    is_foreign,
    some,
    ticket_of,
)

MOST_OWN, MOST_FOREIGN = 8, 3
MISSING_REFERENCE = "XX-2026-99999"

# Rows that are no one's: the queue of events, and sums, of which a new month has new ones.
OF_NOBODY = {*SUMS, "outbox"}


def holds(watch: Watch, who: Somebody, endpoint: str) -> bool:
    """Say whether somebody may use a route at all, by the table in the papers as the product states
    it.
    """
    from service_portal.access.policy import may
    from service_portal.web.guards import permission_of

    permission = permission_of(watch.app.view_functions[endpoint])
    assert permission is not None
    return may(who.actor, permission)


def objects(watch: Watch, who: Somebody | None, rule: Rule) -> tuple[list[Any], list[Any]]:
    """Give objects of a route that are one's own, and foreign ones.

    Of a route that is not for somebody at all one of each stands for the others.
    """
    own, foreign = watch.objects.split(who or watch.person("owner"), rule)
    if who is None or not holds(watch, who, rule.endpoint):
        return own[:1], foreign[:1]
    return some(own, MOST_OWN), some(foreign, MOST_FOREIGN)


def pages(watch: Watch, who: Somebody | None) -> Iterator[tuple[Ask, str, dict[str, str]]]:
    """Give every reading request: each route with each of one's own objects, a few foreign ones,
    and its filters.
    """
    other = watch.world.sides["b"]
    for rule in rules(watch.app, "GET"):
        if owned(rule):
            own, foreign = objects(watch, who, rule)
            for value in own + foreign:
                yield ask("GET", rule, value), "", {}
            continue
        yield ask("GET", rule), "", {}
        if not rule.arguments:
            yield ask("GET", rule), "", {"X_Fragment": "1", "HX_Request": "true"}
        for query in QUERIES.get(rule.endpoint, ()):
            yield (
                ask("GET", rule),
                query.format(
                    station=other.station_id,
                    institution=other.institution_id,
                    enterprise=other.enterprise_id,
                ),
                {},
            )


def test_the_world_is_worth_looking_at(watch: Watch) -> None:
    tables = {canary.table for canary in watch.canaries.known.values()}
    assert {
        "ticket",
        "message",
        "attachment",
        "decision",
        "offer",
        "service_event",
        "rating",
        "draft",
        "notification",
        "person",
        "invitation",
        "timeline_entry",
        "absence",
    } <= tables
    answer = watch.person("owner").client.get(
        f"/tickets/{watch.world.sides['a'].tickets['closed']}"
    )
    found = {
        (canary.table, canary.column) for canary in watch.canaries.seen_in(said(answer)).values()
    }
    assert {
        ("ticket", "title"),
        ("ticket", "description"),
        ("ticket", "answers"),
        ("message", "body"),
        ("attachment", "file_name"),
        ("rating", "comment"),
    } <= found
    assert "qz&lt;b a=&#39;&#34;&amp;" in answer.get_data(as_text=True)
    staff = watch.canaries.seen_in(
        said(
            watch.person("member").client.get(
                f"/tickets/{watch.world.sides['a'].tickets['closed']}"
            )
        )
    ).values()
    assert any(
        canary.table == "message" and canary.row["audience"] == "internal" for canary in staff
    )


@pytest.mark.parametrize("name", [*PEOPLE, "nobody"])
def test_nobody_reads_what_is_not_theirs(watch: Watch, name: str) -> None:
    who = None if name == "nobody" else watch.person(name)
    leaks: dict[str, list[str]] = {}
    broken = []
    for asked, query, headers in pages(watch, who):
        answer = send(who, watch.app, asked, query=query, body=None, **headers)
        if answer.status_code >= 500 and asked.rule.endpoint != "status.healthz":
            broken.append(f"{asked.path}?{query} {answer.status_code}")
        if (
            answer.mimetype == "text/html"
            and f"qz{MARKUP[:4]}" in answer.get_data(as_text=True).lower()
        ):
            broken.append(f"{asked.path}?{query} lets markup through")
        for leak in watch.leaks(who, said(answer), of_log=asked.rule.endpoint.startswith("audit.")):
            leaks.setdefault(f"{leak}", []).append(f"{asked.method} {asked.path}?{query}")
    assert not broken
    assert not leaks, "\n".join(
        f"{name} reads {what} at {places[:2]}" for what, places in sorted(leaks.items())
    )


@pytest.mark.parametrize("name", PEOPLE)
def test_a_foreign_thing_answers_like_a_missing_one_and_stays_as_it_is(
    watch: Watch, name: str
) -> None:
    who, other = watch.person(name), watch.world.sides["b"]
    body = body_for(other, {"member_id": other.people["member"].actor.member_id or 0})
    before = watch.rows()
    wrong: list[str] = []
    for method in ("GET", "POST"):
        for rule in rules(watch.app, method):
            if owned(rule) is None:
                continue
            missing = MISSING_REFERENCE if owned(rule) == "reference" else MISSING
            sent = {**body, **BODIES.get(rule.endpoint, {})} if method == "POST" else None
            nothing = send(who, watch.app, ask(method, rule, missing), body=sent)
            for value in objects(watch, who, rule)[1]:
                asked = ask(method, rule, value)
                answer = send(who, watch.app, asked, body=sent)
                where = (
                    f"{method} {asked.path} as {name}: {answer.status_code}, missing"
                    f" {nothing.status_code}"
                )
                alike = masked(answer, value) == masked(nothing, missing) or watch.objects.had_part(
                    who, rule, value
                )
                if answer.status_code != nothing.status_code or not alike:
                    wrong.append(
                        where
                        + "\n"
                        + "\n".join(
                            unified_diff(
                                masked(nothing, missing).splitlines(),
                                masked(answer, value).splitlines(),
                                n=0,
                                lineterm="",
                            )
                        )
                    )
                elif answer.status_code != (404 if holds(watch, who, rule.endpoint) else 403):
                    wrong.append(f"{where}, which is neither “not there” nor “not for you”")
                wrong.extend(f"{where} says {leak}" for leak in watch.leaks(who, said(answer)))
    assert not wrong, "\n".join(wrong)
    after = watch.rows()
    # When a token or a session was last used is noted with every request.
    noted = {"api_token", "person_session"}
    changed = [
        key
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key) and key[0] not in noted
    ]
    assert not changed


def test_ids_of_the_database_are_not_reused(watch: Watch) -> None:
    with watch.app.app_context():
        assert db.session.scalar(sa.text("SELECT min(id) FROM ticket")) > 710_000_000
        db.session.rollback()


@pytest.mark.parametrize(
    ("name", "place", "path"),
    [
        ("owner", "service_portal.tickets.views.sees_internal", "/tickets/{closed}"),
        (
            "institution lead",
            "service_portal.tickets.views.sees_internal",
            "/tickets/{worked}/conversation",
        ),
        ("owner", "service_portal.tickets.queries.can", "/tickets/{foreign}"),
        ("member", "service_portal.tickets.queries.can", "/tickets/{foreign}"),
    ],
)
def test_a_lock_left_open_is_noticed(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, name: str, place: str, path: str
) -> None:
    """The watch itself works: with a check taken out, it finds the leak."""
    monkeypatch.setattr(place, lambda *_: True)
    tickets = watch.world.sides["a"].tickets
    address = path.format(
        closed=tickets["closed"],
        worked=tickets["worked"],
        foreign=watch.world.sides["b"].tickets["closed"],
    )
    assert watch.leaks(watch.person(name), said(watch.person(name).client.get(address)))


@pytest.mark.parametrize("name", OF_A_SIDE)
def test_a_body_that_names_foreign_things_changes_none(watch: Watch, name: str) -> None:
    """Last in the file: these acts are allowed on one's own tickets and move them."""
    watch.look_again()
    who, other = watch.person(name), watch.world.sides["b"]
    named = {
        "member_id": other.people["member"].actor.member_id or 0,
        "person_id": other.people["owner"].actor.person_id or 0,
        "ticket_id": other.tickets["by staff"],
        "membership_id": other.people["owner"].actor.membership_id or 0,
        "attachment_ids": 1,
        "draft_id": 1,
        "owner_id": other.people["member"].actor.member_id or 0,
    }
    body = body_for(other, named)
    # An act may end one's part in a ticket; what it changed was one's own all the same.
    theirs = watch.tickets_of(who)
    before, leaks = watch.rows(), []
    for rule in rules(watch.app, "POST"):
        values = some(watch.objects.split(who, rule)[0], 3) if owned(rule) else [None]
        if rule.endpoint in {"accounts.end_membership", "accounts.act_as"}:
            continue
        for value in values:
            asked = ask("POST", rule, value)
            answer = send(who, watch.app, asked, body={**body, **BODIES.get(rule.endpoint, {})})
            assert answer.status_code < 500, asked.path
            if rule.endpoint == "assigning.accept_offer" and answer.status_code == 302:
                watch.look_again()
                theirs |= watch.tickets_of(who)
            leaks += [f"{asked.path}: {leak}" for leak in watch.leaks(who, said(answer))]
    after = watch.rows()
    moved = []
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if (
            old is None
            or new is None
            or any(old[name] != new[name] for name in old if name not in NOT_THEIRS)
        ):
            row = old or new
            if row is None or key[0] in OF_NOBODY or ticket_of(key[0], row) in theirs:
                continue
            if is_foreign(watch, who, key[0], row):
                moved.append(
                    (
                        key,
                        {
                            name: (old and old[name], new and new[name])
                            for name in row
                            if not old or not new or old[name] != new[name]
                        },
                    )
                )
    assert not leaks
    assert not moved, "\n".join(map(str, moved))
