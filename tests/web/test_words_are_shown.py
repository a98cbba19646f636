"""Whatever somebody types or chooses when they act on a ticket is read by those it is for, and by
nobody else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import g

from service_portal.access.actor import Role
from service_portal.api.moves import BODIES
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.dates import say_day
from service_portal.kernel.db import db
from service_portal.sla.queries import working_day
from service_portal.tickets.rules import Move
from tests.factories.directory import station
from tests.factories.tickets import create_ticket
from tests.signing_in import SignIn
from tests.web.cases import ENTERPRISE, Case
from tests.web.said import BOTH, OF_POOL, TABLE, Said


@pytest.mark.parametrize(
    ("act", "move", "before", "who", "said"), TABLE, ids=[row[0] for row in TABLE]
)
def test_whoever_it_is_for_reads_it_and_nobody_else(
    client_as: SignIn,
    act: str,
    move: Move | None,
    before: tuple[Any, ...],
    who: str,
    said: Said,
) -> None:
    case = Case(client_as, "LEG-02" if act in OF_POOL else "POL-03")
    here = now().astimezone(zone_time())
    that_day = (here + timedelta(days=30)).date()
    later_day = working_day(now(), ahead=12)
    fills = {
        "there": case.there,
        "colleague": case.colleague,
        "institution": case.institution,
        "twin": case.twin.reference,
        "yesterday": (here - timedelta(days=1)).strftime("%Y-%m-%dT09:30"),
        "that_day": that_day.isoformat(),
        "later_day": later_day.isoformat(),
        "later_day_said": say_day(later_day, "en", here.year),
        "that_day_said": say_day(that_day, "en", here.year),
        **stage(),
    }
    for one, earlier, words in before:
        case.act(one, earlier, **{name: text.format(**fills) for name, text in words.items()})
    case.act(
        who,
        act,
        **{name: text.format(**fills) for name, (text, _shown, _for) in said.items() if text},
    )
    pages = {reader: case.reads(reader) for reader in BOTH}
    for name, (_text, shown, readers) in said.items():
        for reader in BOTH:
            assert (shown.format(**fills) in pages[reader]) is (reader in readers) or not shown, (
                act,
                name,
                reader,
            )


def stage() -> dict[str, str]:
    """Give one of the choices of a question, and its name."""
    from service_portal.catalogue.queries import get_service

    service = get_service("POL-03")
    assert service is not None
    choice = next(
        field for field in service.definition.fields if field.key == "claim_stage"
    ).choices[-1]
    return {"stage": choice.value, "stage_name": choice.words.en}


def test_every_field_of_every_move_is_in_the_table() -> None:
    asked = {
        move: {name for name in body.fields if name not in {"move", "idempotency_key"}}
        for move, body in BODIES.items()
    }
    known = {move: set(said) for _act, move, _before, _who, said in TABLE if move}
    missing = {move: fields - known.get(move, set()) for move, fields in asked.items()}
    for move in (Move.RESUBMIT, Move.CHANGE_SERVICE):
        missing[move] -= {"answers"}  # one by one in the table
    missing[Move.SPLIT] -= {"parts"}  # what each says is in the table
    missing[Move.CONFIRM] -= {
        "solved"
    }  # what programs of the first release say instead of a verdict
    assert not {move: fields for move, fields in missing.items() if fields}


def test_what_is_written_down_at_the_desk_is_shown(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    ticket = create_ticket(
        "POL-03",
        actor=member.actor,
        enterprise_id=Case(client_as, "POL-03").ticket.enterprise_id,
        urgent=True,
        now=now(),
    )
    db.session.commit()
    g.pop("_login_user", None)
    page = member.get(f"/tickets/{ticket.id}").text
    for word in (
        ticket.title,
        ticket.description,
        ticket.contact_name,
        ticket.contact_phone,
        "urgent",
        "at the desk",
    ):
        assert word in page, word


def test_the_history_keeps_what_was_said_before_it_was_sent_again(
    client_as: SignIn,
) -> None:
    case = Case(client_as, "POL-03")
    form = {
        "contact_name": "Lin Wei",
        "contact_phone": "0757-8888 0000",
        "answer_policy_doc_no": "No. 7",
        "answer_amount_claimed": "5000",
        "answer_claim_stage": stage()["stage"],
    }
    first = case.ticket.description
    for number in ("second", "third"):
        case.act("member", "return", words=f"More, the {number} time")
        case.act(
            ENTERPRISE,
            "resubmit",
            title=f"The {number} title",
            description=f"The {number} words",
            **form,
        )
    for reader in BOTH:
        said = case.reads(reader)
        talk = said.split('<ol class="talk"')[1].split("</ol>")[0]
        at = [
            talk.index(words)
            for words in (
                first,
                "More, the second time",
                "The second words",
                "More, the third time",
                "The third words",
            )
        ]
        assert at == sorted(at), "each where it was said"
        assert talk.count(first) == talk.count("The third words") == 1
