"""A recount finds what is written of another time, of nothing, or under another's key, whatever it
adds up to; and whoever writes past the product can't take the anchors' word from it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from service_portal.counting.queries import prove
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict
from service_portal.ledger.models import UsageEntry
from service_portal.ledger.services import keep_anchor, reverse
from service_portal.tickets.models import ServiceEvent, Ticket
from tests.factories.usage import create_served
from tests.services.correcting import DAY, MANAGER, correct
from tests.services.forging import append, differing, line, take_back

ANCHORS = """
    INSERT INTO {0}_anchor (day, seq, hash, at)
    SELECT current_date + {1}, seq, hash, '1970-01-01+00' FROM {0}_head
"""
# A contact like the first one, without a word in the timeline.
CONTACT = """
    INSERT INTO service_event SELECT (jsonb_populate_record(e, jsonb_build_object(
        'id', e.id + 1000, 'day', e.day - :days, 'started_at', e.started_at - :before,
        'recorded_at', e.recorded_at - :before))).*
    FROM service_event AS e WHERE e.id = (SELECT min(id) FROM service_event)
"""


@pytest.fixture
def served(db_session: None) -> Ticket:
    """A ticket with contacts and a case that count."""
    ticket = create_served()
    assert differing() == set()
    return ticket


def at(moment: datetime) -> dict[str, str]:
    """Give a moment and its day as an entry says them."""
    day = moment.astimezone(zone_time()).date()
    return {"at": moment.isoformat(), "day": day.isoformat()}


def forge_contact(days: int) -> int:
    """Make a contact of some days before the first one, and give its number."""
    db.session.execute(sa.text(CONTACT), {"days": days, "before": days * DAY})
    return db.session.scalar(sa.select(sa.func.max(ServiceEvent.id))) or 0


def count(ticket: Ticket, event_id: int) -> None:
    """Append the line of a contact."""
    done = db.session.get_one(ServiceEvent, event_id)
    said = {"service_event_id": event_id, "unique_key": f"event:{event_id}"}
    append({**line(ticket, "event"), **said, **at(done.started_at)})


@pytest.mark.parametrize("event_id", [None, 999_999])
def test_a_contact_that_never_was_is_seen_also_when_it_is_taken_back(
    served: Ticket, event_id: int | None
) -> None:
    false = {"service_event_id": event_id, "unique_key": "event:false", **at(now() - 300 * DAY)}
    take_back(append({**line(served, "event"), **false}), **at(now()))
    assert "events" in differing()


@pytest.mark.parametrize("measure", ["case", "event"])
def test_what_is_taken_back_in_a_time_to_come_is_seen(served: Ticket, measure: str) -> None:
    take_back(line(served, measure), **at(now() + 900 * DAY))
    assert "times" in differing()


def test_a_day_to_come_is_seen_though_the_moment_has_been(served: Ticket) -> None:
    case = line(served)
    append(case, unique_key=f"{case['unique_key']}:2", day=at(now() + 900 * DAY)["day"])
    assert "times" in differing()


@pytest.mark.parametrize("ledger", ["usage", "money"])
@pytest.mark.parametrize("days", [0, 1, 300])
def test_an_anchor_of_a_day_that_is_not_over_is_refused(
    served: Ticket, ledger: str, days: int
) -> None:
    # East of here it may be tomorrow already.
    with pytest.raises(sa.exc.DBAPIError, match="of a day that is over"):
        db.session.execute(sa.text(ANCHORS.format(ledger, days + 1)))
    db.session.rollback()


@pytest.mark.parametrize("ledger", ["usage", "money"])
def test_an_anchor_that_the_product_keeps_is_of_now(served: Ticket, ledger: str) -> None:
    db.session.execute(sa.text(ANCHORS.format(ledger, -400)))
    passed = sa.text(f"SELECT clock_timestamp() - max(at) FROM {ledger}_anchor")
    assert timedelta() <= db.session.scalar(passed) < timedelta(minutes=1)


def test_an_anchor_that_the_product_keeps_is_of_the_present_head(served: Ticket) -> None:
    db.session.execute(
        sa.text("""
            INSERT INTO usage_anchor (day, seq, hash, at)
            SELECT '2020-01-01', seq, hash, now() FROM usage_entry WHERE seq = 1
        """)
    )
    kept = db.session.scalar(sa.text("SELECT seq FROM usage_anchor"))
    assert kept != 1
    assert kept == db.session.scalar(sa.select(sa.func.max(UsageEntry.seq)))


def test_a_line_of_before_an_anchor_is_seen(served: Ticket) -> None:
    keep_anchor(now=now(), zone=zone_time())
    take_back(line(served), **at(now() - timedelta(hours=2)))
    assert "moments" in differing()


def test_calling_a_ticket_one_of_the_demo_hides_nothing(served: Ticket) -> None:
    keep_anchor(now=now(), zone=zone_time())
    take_back(line(served), **at(now() - timedelta(hours=2)))
    db.session.execute(sa.text("UPDATE ticket SET demo = true"))
    assert "moments" in differing()


def test_what_people_do_after_an_anchor_recounts_true(served: Ticket) -> None:
    keep_anchor(now=now(), zone=zone_time())
    event = db.session.get_one(UsageEntry, line(served, "event")["seq"])
    reverse(event.seq, actor=MANAGER, reason="twice", now=now(), zone=zone_time())
    create_served(now=now())
    assert differing() == set()


def test_a_demo_that_begins_after_the_first_anchor_recounts_true(db_session: None) -> None:
    keep_anchor(now=now(), zone=zone_time())
    create_served(now=now() - 30 * DAY)
    assert differing() == set()


def test_a_false_line_in_the_place_of_a_correction_is_seen_and_answers_for_none(
    served: Ticket,
) -> None:
    entry = db.session.get_one(UsageEntry, line(served, "event")["seq"])
    append(line(served), unique_key=f"reverse:{entry.seq}")
    assert "keys" in differing()
    with pytest.raises(Conflict, match="Nothing was corrected"):
        correct(entry)


def test_a_correction_under_another_key_is_seen(served: Ticket) -> None:
    take_back(line(served), unique_key="case:1:1:9")
    assert "keys" in differing()


def test_a_contact_that_its_timeline_does_not_know_is_seen(served: Ticket) -> None:
    count(served, forge_contact(days=1))
    assert differing() == {"contacts"}


def test_a_contact_of_the_past_that_is_counted_after_an_anchor_is_seen(served: Ticket) -> None:
    keep_anchor(now=now(), zone=zone_time())
    count(served, forge_contact(days=40))
    assert {"contacts", "moments"} <= differing()


def test_a_contact_that_was_recorded_too_late_to_count_is_seen(served: Ticket) -> None:
    event_id = forge_contact(days=40)
    db.session.execute(
        sa.text("""
            INSERT INTO service_event SELECT (jsonb_populate_record(e, jsonb_build_object(
                'id', e.id + 1, 'recorded_at', e.recorded_at + interval '40 days'))).*
            FROM service_event AS e WHERE e.id = :id
        """),
        {"id": event_id},
    )
    assert "contacts" in differing()


def test_all_of_it_holds_at_the_moment_of_the_last_line(served: Ticket) -> None:
    last = db.session.scalar(sa.select(sa.func.max(UsageEntry.at)))
    assert last is not None
    assert [one.code for one in prove(now=last) if not one.holds] == []
