"""A ticket is found by the words it has now: those of its title, its enterprise's names and its
reference, in both scripts.
"""

from __future__ import annotations

from service_portal.tickets.rules import Move, Status
from tests.services.programs import FILING, Walk


def found(walk: Walk, words: str) -> list[str]:
    """Search as the enterprise."""
    return [
        ticket["reference"] for ticket in walk.owner.get("/tickets", q=words).get_json()["tickets"]
    ]


def test_words_of_a_request_lead_to_its_ticket(walk: Walk) -> None:
    one, other = walk.file(), walk.file()
    assert set(found(walk, "subsidies get")) == {one, other}
    assert found(walk, one.lower()) == [one]
    assert found(walk, "subsidies elsewhere") == []
    assert found(walk, "%") == found(walk, "！？") == [], "what holds no word is found nowhere"
    assert set(found(walk, "  ")) == {one, other}, "who types nothing sees all"


def test_what_is_sent_again_is_found_by_its_new_words(walk: Walk) -> None:
    reference = walk.file()
    walk.move(walk.member, reference, Move.RETURN, Status.RETURNED, words="Say which plant.")
    needs = {
        name: FILING[name] for name in ("description", "contact_name", "contact_phone", "answers")
    }
    walk.move(walk.owner, reference, Move.RESUBMIT, Status.SUBMITTED, title="厂房技改补贴", **needs)
    assert found(walk, "技改") == found(walk, reference) == [reference]
    assert found(walk, "subsidies") == []
