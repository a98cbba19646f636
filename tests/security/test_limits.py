"""How much one side may put in: files for each message and ticket, megabytes for each enterprise,
requests in a minute; and what is thrown away leaves nothing behind.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.accounts.tokens import make_token
from service_portal.files.models import EnterpriseStorage
from service_portal.files.storing import MEGABYTE
from service_portal.files.sweeping import FOLDERS, sweep_disk
from service_portal.filing import drafts
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.models import Attachment, Draft
from tests.clock import SetClock
from tests.factories.tickets import create_ticket
from tests.services.programs import FILING
from tests.signing_in import SignIn
from tests.web.test_filing import REQUEST
from tests.web.test_pages import Statements


def files(number: int, content: bytes = b"words") -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(content), f"x{n}.txt") for n in range(number)]


def kept(**where: Any) -> int:
    query = sa.select(sa.func.count()).select_from(Attachment).filter_by(**where)
    return int(db.session.scalar(query) or 0)


def on_disk(app: Flask) -> set[Path]:
    return {path for path in Path(app.config["PORTAL_HOME"]).glob("files/*/*") if path.is_file()}


def send(client: Any, ticket: Any, some: list[Any]) -> Any:
    db.session.commit()
    said = {"body": "See the files.", "files": some}
    return client.post(f"/tickets/{ticket.id}/messages", data=said)


def test_a_message_takes_twenty_files_and_not_sixty(app: Flask, client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    ticket, before = create_ticket(actor=owner.actor), on_disk(app)
    refused = send(owner, ticket, files(60))
    assert refused.status_code == 422 and "At most 20 files" in refused.text
    assert (kept(ticket_id=ticket.id), on_disk(app)) == (0, before)
    assert send(owner, ticket, files(20)).status_code == 302
    assert kept(ticket_id=ticket.id) == 20


def test_a_ticket_takes_so_many_in_all(
    app: Flask,
    client_as: SignIn,
    limits: dict[str, Any],
) -> None:
    limits["FILES_PER_TICKET"] = 5
    owner = client_as(Role.ENTERPRISE_OWNER)
    ticket = create_ticket(actor=owner.actor)
    assert send(owner, ticket, files(4)).status_code == 302
    refused = send(owner, ticket, files(2))
    assert refused.status_code == 422 and "This ticket has 5 files" in refused.text
    assert kept(ticket_id=ticket.id) == 4
    assert len(on_disk(app)) >= 4


def test_an_enterprise_has_so_much_room_and_sees_how_much(
    app: Flask,
    client_as: SignIn,
    limits: dict[str, Any],
) -> None:
    limits["STORAGE_PER_ENTERPRISE_MB"] = 1
    owner = client_as(Role.ENTERPRISE_OWNER)
    ticket, before = create_ticket(actor=owner.actor), on_disk(app)
    assert send(owner, ticket, files(1, b"x" * 600_000)).status_code == 302
    refused = send(owner, ticket, files(1, b"x" * 600_000))
    assert refused.status_code == 422 and "more than its 1 MB" in refused.text
    assert (kept(ticket_id=ticket.id), len(on_disk(app) - before)) == (1, 1)
    assert "Files: 1 of 1 MB." in owner.get("/organisation/people").text


def test_the_room_is_that_of_the_rows_whatever_happens_to_them(
    app: Flask,
    client_as: SignIn,
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    enterprise_id = owner.actor.enterprise_id
    taken = sa.select(EnterpriseStorage.bytes, EnterpriseStorage.files)
    taken = taken.where(EnterpriseStorage.enterprise_id == enterprise_id)
    owner.post("/tickets/new/POL-03", data={"later": "1", "files": files(3, b"x" * MEGABYTE)})
    assert db.session.execute(taken).one() == (3 * MEGABYTE, 3)
    owner.post("/drafts/POL-03/discard")
    assert db.session.execute(taken).one() == (0, 0)


def test_the_product_cannot_say_otherwise(app: Flask, db_session: None) -> None:
    with pytest.raises(sa.exc.ProgrammingError):
        db.session.execute(sa.text("UPDATE enterprise_storage SET bytes = 0"))


def _age(path: Path, days: int) -> None:
    old = now().timestamp() - days * 86_400
    os.utime(path, (old, old))


def _sweep_all(app: Flask) -> int:
    home = Path(app.config["PORTAL_HOME"])
    # Backwards: on the way forwards what has just arrived would become old.
    rounds = (now() - timedelta(minutes=10 * n) for n in range(FOLDERS))
    return sum(sweep_disk(home, now=at) for at in rounds)


def test_a_discarded_draft_leaves_no_file_on_the_disk(app: Flask, client_as: SignIn) -> None:
    owner, before = client_as(Role.ENTERPRISE_OWNER), on_disk(app)
    for _ in range(3):
        owner.post("/tickets/new/POL-03", data={"later": "1", "files": files(4)})
        assert len(on_disk(app) - before) == 4
        owner.post("/drafts/POL-03/discard")
        assert on_disk(app) == before


def test_a_file_taken_off_a_draft_leaves_the_disk(app: Flask, client_as: SignIn) -> None:
    owner, before = client_as(Role.ENTERPRISE_OWNER), on_disk(app)
    owner.post("/tickets/new/POL-03", data={"later": "1", "files": files(2)})
    first, second = db.session.scalars(sa.select(Attachment).order_by(Attachment.id)).all()
    owner.post("/tickets/new/POL-03", data={"drop": str(first.id)})
    assert {path.name for path in on_disk(app) - before} == {second.storage_name}


def test_files_stay_when_their_rows_stay_after_all(app: Flask, client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    owner.post("/tickets/new/POL-03", data={"later": "1", "files": files(2)})
    made, later = on_disk(app), now() + timedelta(days=100)

    def fail() -> None:
        with unit_of_work():
            drafts.forget_old(now=later)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with unit_of_work():
        pass
    assert (kept(), on_disk(app)) == (2, made)
    with unit_of_work():
        drafts.forget_old(now=later)
    assert len(made - on_disk(app)) == 2


def test_files_without_a_row_leave_the_disk_and_others_stay(
    app: Flask,
    client_as: SignIn,
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    _sweep_all(app)
    before = on_disk(app)
    owner.post("/tickets/new/POL-03", data={"later": "1", "files": files(2)})
    # As after a crash between the commit and the removal.
    db.session.execute(sa.delete(Attachment))
    db.session.commit()
    owner.post("/tickets/new/POL-01", data={"later": "1", "files": files(1)})
    made = on_disk(app) - before
    fresh = min(made).with_name("0" * 40)
    fresh.write_bytes(b"just arrived, its row comes soon")
    # The rounds below go on for two days.
    _age(fresh, -2)
    for path in made:
        _age(path, 4)
    _sweep_all(app)
    (row,) = db.session.scalars(sa.select(Attachment.storage_name)).all()
    assert {path.name for path in on_disk(app) - before} == {row, fresh.name}
    fresh.unlink()


def test_drafts_of_last_season_go_with_their_files(app: Flask, client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    owner.post("/tickets/new/POL-03", data={"later": "1", "files": files(1)})
    drafts.forget_old(now=now() + timedelta(days=80))
    assert kept() == 1
    drafts.forget_old(now=now() + timedelta(days=100))
    count = sa.select(sa.func.count()).select_from(Draft)
    assert (kept(), db.session.scalar(count)) == (0, 0)


def _program(client_as: SignIn) -> tuple[Any, Callable[[], Any]]:
    owner = client_as(Role.ENTERPRISE_OWNER)
    token = make_token(actor=owner.actor, name="program", days=3, now=now())
    db.session.commit()
    headers = {"Authorization": f"Bearer {token}"}
    return owner, lambda: owner.post("/api/v1/tickets", json=FILING, headers=headers)


def test_a_program_is_stopped_after_so_many_in_a_minute(
    client_as: SignIn,
    limits: dict[str, Any],
    clock: SetClock,
) -> None:
    limits["FILINGS_PER_MINUTE"] = 20
    _owner, file = _program(client_as)
    answers = [file() for _ in range(40)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [429] * 20
    stopped = answers[-1]
    assert stopped.get_json()["code"] == "too_many"
    assert 1 <= int(stopped.headers["Retry-After"]) <= 60


def test_after_the_minute_it_goes_on(
    client_as: SignIn,
    limits: dict[str, Any],
    clock: SetClock,
) -> None:
    limits["FILINGS_PER_MINUTE"] = 10
    _owner, file = _program(client_as)
    assert [file().status_code for _ in range(12)][-1] == 429
    clock(now() + timedelta(minutes=1))
    assert file().status_code == 201


def test_other_processes_count_too(
    app: Flask,
    client_as: SignIn,
    limits: dict[str, Any],
    clock: SetClock,
) -> None:
    limits["FILINGS_PER_MINUTE"] = 20
    _owner, file = _program(client_as)
    taken = 0
    for _process in range(3):
        app.extensions.pop("portal_pace", None)
        taken += sum(file().status_code == 201 for _ in range(20))
    assert taken <= 20 + 3 * 2


def test_a_page_keeps_what_was_typed_when_it_is_too_many(
    client_as: SignIn,
    limits: dict[str, Any],
    clock: SetClock,
) -> None:
    limits["FILINGS_PER_MINUTE"] = 5
    owner, file = _program(client_as)
    for _ in range(6):
        file()
    said = {**REQUEST, "title": "A title of mine", "anyway": "1"}
    answer = owner.post("/tickets/new/POL-01", data=said)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
    assert "A title of mine" in answer.text and "within a minute" in answer.text


def test_who_files_a_few_costs_no_statement(
    app: Flask,
    client_as: SignIn,
    limits: dict[str, Any],
    clock: SetClock,
) -> None:
    limits["FILINGS_PER_MINUTE"] = 60
    _owner, file = _program(client_as)
    file()
    with Statements(app) as counted:
        assert file().status_code == 201
    assert not [one for one in counted.seen if "throttle" in one]
