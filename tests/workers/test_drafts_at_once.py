"""Uploads, discards and filings of one draft at the same moment: each is done, and no file is left
that belongs to nobody.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from threading import Thread
from time import monotonic, sleep

import pytest
from werkzeug.datastructures import FileStorage, MultiDict

from service_portal.access.actor import Actor
from service_portal.files.storing import Stored
from service_portal.filing import drafts
from service_portal.kernel.clock import now
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.attachments import attach
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.workers.conftest import Crew

SERVICE = "POL-03"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def asker(crew: Crew) -> Actor:
    """Give somebody who asks."""
    actor: Actor = crew.do(enterprise_actor)
    return actor


def upload(actor: Actor) -> None:
    """Put a file on the draft."""
    assert actor.enterprise_id is not None
    problems = drafts.take_files(
        [FileStorage(io.BytesIO(b"%PDF-1.7 words"), "slip.pdf")],
        actor=actor,
        enterprise_id=actor.enterprise_id,
        service_code=SERVICE,
        form=MultiDict({"title": "Words"}),
        now=now(),
    )
    assert problems == []


def discard(actor: Actor) -> None:
    """Throw the draft away."""
    assert actor.enterprise_id is not None
    with unit_of_work():
        drafts.discard(actor=actor, enterprise_id=actor.enterprise_id, service_code=SERVICE)


def test_uploads_and_discards_at_once_all_succeed(crew: Crew, asker: Actor) -> None:
    def again(act: Callable[[Actor], None]) -> Callable[[], None]:
        def many() -> None:
            with crew.app.test_request_context():
                for _ in range(6):
                    act(asker)

        return many

    acts = [again(upload), again(discard)] * 3
    assert crew.at_once(*acts) == [None] * len(acts)
    with crew.app.app_context():
        discard(asker)
    assert crew.number("SELECT count(*) FROM attachment") == 0
    assert crew.number("SELECT coalesce(sum(bytes), 0) FROM enterprise_storage") == 0


def done_while_uploading(crew: Crew, asker: Actor, act: Callable[[], None]) -> None:
    """Do something with a draft that has a file, while another one is being put on it."""

    def in_a_thread() -> None:
        with crew.app.app_context(), unit_of_work():
            act()

    assert asker.enterprise_id is not None
    other = Thread(target=in_a_thread)
    with crew.app.test_request_context():
        upload(asker)
        with unit_of_work():
            draft = drafts.keep(
                actor=asker,
                enterprise_id=asker.enterprise_id,
                service_code=SERVICE,
                form=MultiDict({"title": "Words"}),
                now=now(),
            )
            other.start()
            until = monotonic() + 10
            while crew.number(WAITING) == 0 and monotonic() < until:
                sleep(0.02)
            attach(
                Stored("ab" * 20, 3, "c" * 64, "application/pdf", "slip.pdf"),
                actor=asker,
                enterprise_id=asker.enterprise_id,
                purpose="request",
                now=now(),
                draft_id=draft,
            )
    other.join(10)


def test_a_filing_takes_the_file_that_is_being_uploaded(crew: Crew, asker: Actor) -> None:
    enterprise = asker.enterprise_id
    assert enterprise is not None
    ticket = crew.do(lambda: create_ticket(SERVICE, actor=asker).id)
    done_while_uploading(
        crew,
        asker,
        lambda: drafts.hand_over(
            ticket, actor=asker, enterprise_id=enterprise, service_code=SERVICE
        ),
    )
    assert crew.rows("SELECT ticket_id FROM attachment") == [(ticket,), (ticket,)]


def test_a_discard_takes_the_file_that_is_being_uploaded(crew: Crew, asker: Actor) -> None:
    enterprise = asker.enterprise_id
    assert enterprise is not None
    done_while_uploading(
        crew,
        asker,
        lambda: drafts.discard(actor=asker, enterprise_id=enterprise, service_code=SERVICE),
    )
    assert crew.number("SELECT count(*) FROM attachment") == 0
    assert crew.number("SELECT coalesce(sum(bytes), 0) FROM enterprise_storage") == 0
