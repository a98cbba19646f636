"""Administrators act on one draft of a scheme at the same moment: one wins, the others are told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.scoring import editing
from service_portal.scoring.models import ScoreScheme
from tests.signing_in import SignedIn, sign_in
from tests.workers.conftest import Crew


def draft_of(crew: Crew, code: str = "SME-2017-115") -> int:
    """Begin a draft and give its id."""

    def make() -> int:
        scheme = db.session.scalars(sa.select(ScoreScheme).where(ScoreScheme.code == code)).one()
        return editing.make_draft(scheme.id, now=now()).id

    made: int = crew.do(make)
    return made


def administrators(crew: Crew, count: int) -> list[SignedIn]:
    """Let some administrators sign in."""
    with crew.app.app_context():
        people = [sign_in(crew.app, Role.ADMINISTRATOR) for _ in range(count)]
        db.session.commit()
        db.session.remove()
    return people


def post_at_once(asked: list[tuple[SignedIn, str, dict[str, str]]]) -> list[Any]:
    """Let each send their form at the same moment, and give the answers."""
    barrier = Barrier(len(asked))

    def post(one: tuple[SignedIn, str, dict[str, str]]) -> Any:
        client, path, form = one
        barrier.wait()
        return client.post(path, data=form)

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(post, asked))


def test_of_two_administrators_one_publishes_and_the_other_reads_why(crew: Crew) -> None:
    for _ in range(3):
        draft = draft_of(crew)
        path = f"/admin/schemes/versions/{draft}/publish"
        answers = post_at_once([(client, path, {}) for client in administrators(crew, 2)])
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert (won.status_code, lost.status_code) == (302, 409)
        assert "This version is published already" in lost.text
        assert "/admin/schemes/runs/" in lost.text
        published = "SELECT count(*) FROM scheme_version WHERE id = :id AND status = 'published'"
        assert crew.number(published, id=draft) == 1
        runs = "SELECT year, count(*) FROM score_run WHERE version_id = :id GROUP BY year"
        assert {count for _year, count in crew.rows(runs, id=draft)} == {1}


def test_what_is_changed_while_it_is_published_is_in_it_or_refused(crew: Crew) -> None:
    for n in range(4):
        draft = draft_of(crew)
        place = f"/admin/schemes/versions/{draft}"
        publisher, editor = administrators(crew, 2)
        form = {
            "stages": "all | All | 全部 | True",
            "categories": "staff | S | 人\nrd | R | 研\nresults | T | 果",
            "pass_mark": "50",
            "note": f"note {n}",
        }
        done, changed = post_at_once([(publisher, f"{place}/publish", {}), (editor, place, form)])
        assert done.status_code == 302 and changed.status_code in {302, 409}
        said = crew.rows("SELECT note, status FROM scheme_version WHERE id = :id", id=draft)
        noted = f"note {n}" if changed.status_code == 302 else said[0][0]
        assert said == [(noted, "published")]
        if changed.status_code == 409:
            assert noted != f"note {n}" and "never changes" in changed.text


def test_two_who_begin_a_draft_go_on_with_the_same(crew: Crew) -> None:
    scheme_id = crew.number("SELECT min(id) FROM score_scheme")
    path = f"/admin/schemes/{scheme_id}/draft"
    answers = post_at_once([(client, path, {}) for client in administrators(crew, 3)])
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.location for answer in answers}) == 1
