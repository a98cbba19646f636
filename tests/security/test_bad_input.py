"""Whatever is typed into any field of any form or address, by whoever may open it: a sentence,
never an error of ours. Generated from routes and sources.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from service_portal.access.policy import may
from service_portal.kernel.db import db
from service_portal.web.guards import permission_of
from tests.conftest import ROOT
from tests.security.asking import OWNED, PLAIN, ask, owned, rules
from tests.security.contents import BODIES, BODY
from tests.security.noting import noting
from tests.security.sides import Somebody
from tests.security.watching import Watch

PEOPLE = ("owner", "lead", "institution lead", "manager", "administrator")
NAMES = re.compile(
    r"""(?:request\.(?:form|args|values)\.get(?:list)?"""
    r"""|_text|_whole|_one_line|within|Column)\(\s*["'](\w+)["']"""
    r"""|^    (\w+) = \w*Field\(|name="(\w+)\"""",
    re.MULTILINE,
)
# A NUL, numbers no column and no float holds, numbers that are none, days no calendar knows, texts
# too long, marks that turn writing round, and cursors with half a character in them.
HOSTILE = [
    "\x00",
    "",
    "-1",
    "1e999999",
    "9" * 30,
    "0001-01-01",
    "9999-12-31T23:59",
    "²",
    "sNaN",
    "25:99-1:1",
    "\u202e\u200b😀\ufffe",
    "'; DROP TABLE ticket; --",
    "WyJcdWQ4MDAiXQ",
    "W3siYXQiOiIwMDAxLTAxLTAxVDAwOjAwOjAwIn0sIDFd",
    '[{"key": "\\ud800"}]',
    "%s{0}%n\\",
    "9" * 400,
]
# The whole list takes ten minutes on a busy machine; every fourth one is in every run.
WHOLE = os.environ.get("PORTAL_TEST_WHOLE") == "true"
ALONE, LONG = ["\x00", "9" * 30, "sNaN"], ["x" * 30_000, "[" * 30_000]
PATHS = ["0", "9" * 19, "9" * 30, "9" * 5000, "%00", "%ED%A0%80", "²", "..%2f..%2fetc"]
# Acts that would end the session of the one who asks.
NOT_ASKED = {"accounts.end_membership", "accounts.switch_person", "accounts.act_as"}


@cache
def names_in(folder: str) -> frozenset[str]:
    """List the names a folder's views, forms and templates read or send."""
    files = [
        *(ROOT / "service_portal" / folder).glob("*views.py"),
        *(ROOT / "service_portal" / folder).glob("*forms.py"),
        *(ROOT / "service_portal" / folder).glob("columns.py"),
        *(ROOT / "service_portal" / folder).glob("moves/*.py"),
    ]
    return frozenset(
        name
        for path in files
        for found in NAMES.findall(path.read_text())
        for name in found
        if name
    )


def all_names() -> list[str]:
    """List them for all folders."""
    return sorted(
        set().union(
            *(names_in(path.name) for path in (ROOT / "service_portal").iterdir() if path.is_dir())
        )
        | {"after", "status", "from", "to"}
    )


def askers(watch: Watch, rule: Rule) -> Iterator[tuple[Somebody, Any]]:
    """Give somebody who may use a route, with an object of theirs where it needs one."""
    permission = permission_of(watch.app.view_functions[rule.endpoint])
    for name in PEOPLE:
        who = watch.person(name)
        own = watch.objects.split(who, rule)[0] if owned(rule) else [None]
        if own and (permission is None or may(who.actor, permission)):
            yield who, own[0]
            return


def pages(watch: Watch, method: str) -> Iterator[tuple[Rule, Somebody, Any]]:
    """Give every route of people's that answers a method, with who asks it for what."""
    for rule in rules(watch.app, method):
        if not rule.rule.startswith("/api/v1") and rule.endpoint not in NOT_ASKED:
            for who, value in askers(watch, rule):
                yield rule, who, value


def tried(app: Flask, who: Somebody, method: str, path: str, **said: Any) -> str | None:
    """Send a request and say what broke, or None."""
    try:
        answer = who.client.open(path, method=method, **said)
    except (
        Exception
    ) as error:  # In tests the application lets out what a browser would see as a 500.
        with app.app_context():
            db.session.rollback()
        return f"{type(error).__name__}: {str(getattr(error, 'orig', error)).splitlines()[0][:100]}"
    return f"{answer.status_code}" if answer.status_code >= 500 and path != "/healthz" else None


def everywhere(names: Iterable[str]) -> Iterator[tuple[dict[str, str], str]]:
    """Give what is typed into all fields at once."""
    for hostile in HOSTILE if WHOLE else HOSTILE[::4]:
        yield dict.fromkeys(names, hostile), f"all {hostile!r:.20}"


def alone(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give what is typed into one field, while all others are good.

    One value for each field, another one for the next; all of them, and the long ones, in the whole
    run.
    """
    for number, name in enumerate(sorted(names)):
        chosen = ALONE if WHOLE else [ALONE[number % len(ALONE)]]
        long = LONG if WHOLE and name in {"body", "definition"} else []
        for hostile in [*chosen, *long]:
            yield name, hostile


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_typed_into_every_field_breaks_no_page(watch: Watch, method: str) -> None:
    names = all_names()
    assert len(names) > 60
    sent = "query_string" if method == "GET" else "data"
    broken: dict[str, list[str]] = {}
    for rule, who, value in pages(watch, method):
        path = ask(method, rule, value).path
        for said, what in everywhere(names):
            problem = tried(watch.app, who, method, path, **{sent: said})
            if problem:
                broken.setdefault(f"{rule.endpoint}: {problem}", []).append(what)
    assert not broken, "\n".join(f"{name} ← {what[:3]}" for name, what in broken.items())


def test_what_is_typed_into_one_field_breaks_no_page(watch: Watch) -> None:
    broken: dict[str, list[str]] = {}
    found = 0
    for rule, who, value in pages(watch, "POST"):
        path, good = ask("POST", rule, value).path, {**BODY, **BODIES.get(rule.endpoint, {})}
        with noting(watch.app) as reads:
            tried(watch.app, who, "POST", path, data=good)
        names = reads.names | (names_in(rule.endpoint.split(".")[0]) if reads.whole else set())
        found += len(names)
        for name, hostile in alone(names):
            problem = tried(watch.app, who, "POST", path, data={**good, name: hostile})
            if problem:
                broken.setdefault(f"{rule.endpoint}: {problem}", []).append(f"{name}={hostile:.20}")
    assert found > 200
    assert not broken, "\n".join(f"{name} ← {what[:3]}" for name, what in broken.items())


def test_a_file_where_a_text_belongs_breaks_no_page(watch: Watch) -> None:
    broken = {}
    for rule, who, value in pages(watch, "POST"):
        files = {
            name: (BytesIO(b"%PDF-1.7"), "paper.pdf")
            for name in names_in(rule.endpoint.split(".")[0])
        }
        problem = tried(
            watch.app,
            who,
            "POST",
            ask("POST", rule, value).path,
            data=files,
            content_type="multipart/form-data",
        )
        if problem:
            broken[rule.endpoint] = problem
    stranger: Any = SimpleNamespace(client=watch.app.test_client())
    assert (
        tried(
            watch.app,
            stranger,
            "POST",
            "/sign-in",
            data={name: (BytesIO(b"x"), "x.pdf") for name in ("email", "password")},
            content_type="multipart/form-data",
        )
        is None
    )
    assert not broken


def address(rule: Rule, values: dict[str, Any]) -> str:
    """Write the address of a route with a value in each place, as it is typed."""
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda found: str(values[found[1]]), rule.rule)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_address_breaks_a_page(watch: Watch, method: str) -> None:
    broken = {}
    for rule, who, value in pages(watch, method):
        for argument in rule.arguments:
            for hostile in PATHS:
                known = {name: value if name in OWNED else PLAIN[name] for name in rule.arguments}
                path = address(rule, {**known, argument: hostile})
                problem = tried(
                    watch.app, who, method, path, data=dict(BODY) if method == "POST" else None
                )
                if problem:
                    broken[f"{method} {rule.endpoint} {argument}={hostile[:30]}"] = problem
    assert not broken


BODIES_OF_OTHER_KINDS: list[dict[str, Any]] = [
    {"data": b"", "content_type": ""},
    {"data": b"", "content_type": "multipart/form-data"},
    {"data": b"--x", "content_type": "multipart/form-data; boundary=x"},
    {"data": b"\xff\xfe\x00", "content_type": "text/plain"},
    {"data": b"[" * 50_000, "content_type": "application/json"},
    {"data": b'{"email": "\\u0000", "password": ["a"]}', "content_type": "application/json"},
    {"data": b"[1, 2]", "content_type": "application/json"},
    {"data": b"a=1&" * 2_000, "content_type": "application/x-www-form-urlencoded"},
    {
        "data": b"a=%ff%fe%00&\xff=\xff&=&&",
        "content_type": "application/x-www-form-urlencoded; charset=utf-16",
    },
]


@pytest.mark.parametrize("body", BODIES_OF_OTHER_KINDS, ids=lambda body: body["content_type"])
def test_no_body_breaks_a_page(watch: Watch, body: dict[str, Any]) -> None:
    broken = {}
    for rule, who, value in pages(watch, "POST"):
        problem = tried(watch.app, who, "POST", ask("POST", rule, value).path, **body)
        if problem:
            broken[rule.endpoint] = problem
    stranger: Any = SimpleNamespace(client=watch.app.test_client())
    for path in (
        "/sign-in",
        "/reset-password",
        "/language/en",
        "/invitation/x",
        "/demo/enter/x",
        "/reset-password/x",
    ):
        problem = tried(watch.app, stranger, "POST", path, **body)
        if problem:
            broken[path] = problem
    assert not broken
