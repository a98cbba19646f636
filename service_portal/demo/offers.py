"""How a case of the demo is offered to institutions, which take it, decline it or stay silent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service_portal.assigning.rules import choose_providers
from service_portal.demo.carriers import Carriers
from service_portal.demo.life import NotYet
from service_portal.demo.story import Story
from service_portal.demo.zone import Somebody
from service_portal.kernel.words import Words
from service_portal.sla.codes import ClockKind
from service_portal.tickets.provider_rules import OfferWork
from service_portal.tickets.rules import CAUSED_BY, Move

# Offers that are over are looked for every ten seconds.
SWEPT = timedelta(seconds=5)
DECLINES = ("no_capacity", "no_capacity", "not_in_scope", "no_qualification", "information_missing")


SILENT = Words("Nobody there answers, neither by phone nor by mail.", "多次联系，机构无人应答。")
LEFT = Words("Our colleague for this is ill for weeks.", "承办同事请假数周，无法继续办理。")


def ask_institutions(story: Story, carriers: Carriers, *, owner: Somebody, fate: str) -> None:
    """Offer a case to one institution after the other until one takes it and keeps it."""
    answered: set[int] = set()
    random = story.random
    for _ in range(4):
        story.until(story.at + timedelta(seconds=random.randrange(1, 5)))
        work = OfferWork(
            story.id,
            story.company.id,
            story.service.code,
            story.company.park_id,
            story.service.definition.effort_points,
            frozenset(answered),
            carriers.controllers[story.company.id],
        )
        accepting = (
            carriers.accepting
            if fate != "offered"
            else {
                (work.service_code, work.park_id): [
                    carriers.providers[carriers.zone.demo_institution]
                ]
            }
        )
        chosen = choose_providers(
            [work],
            accepting,
            carriers.barred,
            carriers.conflicts,
            story.at,
            preferred=carriers.preferred,
        )[0]
        if chosen.id is None:
            story.decide("offer", None, chosen.reason, "nobody")
            story.ticket["waiting_reason"] = "no_institution"
            if fate == "stuck" or story.now - story.at < timedelta(days=3):
                raise NotYet()
            story.ticket["waiting_reason"] = None
            return
        carriers.providers[chosen.id].load -= work.points
        story.decide("offer", chosen.id, chosen.reason)
        story.move(Move.DISPATCH, None, audience="staff", institution_id=chosen.id)
        promise = story.service.definition.limits["offer"]
        due = story.calendar.add_working(story.at, promise.amount * 60)
        offer = {
            "ticket_id": story.id,
            "enterprise_id": story.company.id,
            "institution_id": chosen.id,
            "state": "offered",
            "offered_at": story.at,
            "answer_due_at": due,
            "answered_at": None,
            "ended_at": None,
            "party": None,
            "reason_code": None,
            "comment": "",
            "effort_points": work.points,
        }
        story.rows["offer"].append(offer)
        story.start("offer")
        if fate == "offered":
            raise NotYet()
        chance, lead = random.random(), carriers.zone.workers[chosen.id]
        chance = 1.0 if fate in {"unheard", "back"} else chance
        declines = fate in {"bounced", "stuck"} and len(answered) < 2
        if chance < 0.04 and not declines:
            story.until(due + SWEPT)
            _bounce(story, offer, chosen.id, "expired", None, "expired")
        elif chance < 0.13 or declines:
            story.wait(random.randrange(20, 200))
            _bounce(story, offer, chosen.id, random.choice(DECLINES), lead, "declined")
        else:
            story.wait(
                random.triangular(3, 75, 12)
                if random.random() < 0.93
                else random.randrange(75, 230)
            )
            offer.update(state="accepted", answered_at=story.at)
            story.stop("offer")
            story.ticket["institution_id"] = chosen.id
            carriers.providers[chosen.id].load += work.points
            story.move(Move.PICK_UP, lead, institution_id=chosen.id)
            story.start_own_time()
            if not answered and fate in TURNS:
                TURNS[fate](story, offer, owner, lead)
                carriers.providers[chosen.id].load -= work.points
                answered.add(chosen.id)
                if story.ticket["by_hand"]:
                    raise NotYet()
                continue
            return
        answered.add(chosen.id)
        if story.ticket["bounces"] == 2:
            story.ticket["waiting_reason"] = "bounced_twice"
            if fate == "stuck":
                raise NotYet()
            story.wait(random.randrange(60, 400))
            story.ticket["waiting_reason"] = None


def _unheard(story: Story, offer: dict[str, Any], owner: Somebody, lead: Somebody) -> None:
    raise NotYet()


def _taken_back(story: Story, offer: dict[str, Any], owner: Somebody, lead: Somebody) -> None:
    story.until(story.due_of(ClockKind.HANDLE) + timedelta(minutes=story.random.randrange(5, 90)))
    story.ticket["turns"] += 1
    _end(story, offer, Move.TAKE_BACK, owner, "taken_back", "silent", SILENT)


def _kept(story: Story, offer: dict[str, Any], owner: Somebody, lead: Somebody) -> None:
    _taken_back(story, offer, owner, lead)
    story.ticket["by_hand"] = True


def _given_back(story: Story, offer: dict[str, Any], owner: Somebody, lead: Somebody) -> None:
    story.wait(story.random.randrange(60, 900))
    story.ticket["bounces"] += 1
    _end(story, offer, Move.GIVE_BACK, lead, "given_back", "no_capacity", LEFT)


# How a case comes back from the first institution that takes it, by its fate.
TURNS = {
    "unheard": _unheard,
    "turned": _taken_back,
    "back": _kept,
    "given back": _given_back,
}


def _end(
    story: Story,
    offer: dict[str, Any],
    move: Move,
    by: Somebody,
    state: str,
    reason: str,
    why: Words,
) -> None:
    words, party = story.pick(why), CAUSED_BY[reason]
    offer.update(state=state, ended_at=story.at, party=party, reason_code=reason, comment=words)
    story.stop(ClockKind.HANDLE)
    story.ticket["institution_id"] = None
    about: dict[str, Any] = {
        "institution_id": offer["institution_id"],
        "party": party,
        "agreed": False,
    }
    story.move(move, by, reason=reason, words=words, **about)


def _bounce(
    story: Story,
    offer: dict[str, Any],
    institution_id: int,
    reason: str,
    by: Somebody | None,
    state: str,
) -> None:
    offer.update(state=state, answered_at=story.at, reason_code=reason)
    story.stop("offer")
    story.ticket["bounces"] += 1
    story.move(Move.BOUNCE, by, audience="staff", institution_id=institution_id, reason=reason)
