"""`./portal dev` takes up changes, shows what a request asks, and is for a demo on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Flask, g

from service_portal import developing as shown
from service_portal.launcher.developing import Sources, dev, first_error
from service_portal.launcher.place import Place
from service_portal.launcher.steps import Trouble


def test_files_that_are_changed_added_or_removed_are_noticed_once(tmp_path: Path) -> None:
    changed, removed, added = (tmp_path / f"{name}.py" for name in ("changed", "removed", "added"))
    for path in (changed, removed, tmp_path / "same.py"):
        path.write_text("x = 1\n")
    sources = Sources(tmp_path)
    assert sources.changed() == []
    os.utime(changed, ns=(1, 1))
    removed.unlink()
    added.write_text("x = 2\n")
    (tmp_path / "a.txt").write_text("no code")
    assert sources.changed() == [added, changed, removed]
    assert sources.changed() == []


def test_a_file_that_is_no_python_starts_nothing_again(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("x = 1\n")
    bad.write_text("def x(:\n")
    assert first_error([good, tmp_path / "removed.py"]) == ""
    assert "bad.py" in first_error([good, bad])


def test_a_real_zone_and_other_machines_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path / "home")
    place.make()
    place.keep("zone", "empty")
    with pytest.raises(Trouble, match="holds a real zone"):
        dev(place, [])
    place.keep("zone", "demo")
    monkeypatch.setenv("BASE_URL", "https://portal.example")
    with pytest.raises(Trouble, match="would let other machines in"):
        dev(place, [])


def test_each_request_says_its_statements_and_how_often_each_ran(app: Flask) -> None:
    with app.test_request_context("/queue"):
        said = shown.lines(200, 0.05, [("SELECT 1", 0.001), ("SELECT 2", 0.002), ("SELECT 1", 0)])
    assert said == [
        "GET /queue → 200 in 50 ms, 3 statements in 3.0 ms",
        "     1.0 ms   ×2 SELECT 1",
        "     2.0 ms      SELECT 2",
    ]


def test_statements_are_shown_without_what_people_typed(app: Flask) -> None:
    with app.test_request_context("/queue"):
        shown._begin(None, None)
        shown._end(None, None, "SELECT %(word)s\n  FROM ticket", {"word": "typed"})
        assert [statement for statement, _took in g.statements] == ["SELECT %(word)s FROM ticket"]
