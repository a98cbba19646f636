"""How a case of the demo is offered to institutions, which take it, decline it or stay silent."""

from __future__ import annotations

from datetime import timedelta

from service_portal.assigning.rules import choose_providers
from service_portal.demo.carriers import Carriers
from service_portal.demo.life import NotYet
from service_portal.demo.story import Story
from service_portal.demo.zone import Somebody
from service_portal.tickets.provider_rules import OfferWork
from service_portal.tickets.rules import Move

# Offers that are over are looked for every ten seconds.
SWEPT = timedelta(seconds=5)
DECLINES = ("no_capacity", "no_capacity", "not_in_scope", "no_qualification", "information_missing")


def ask_institutions(story: Story, carriers: Carriers, *, fate: str) -> None:
    """Offer a case to one institution after the other until one takes it."""
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
        chosen = choose_providers([work], accepting, carriers.barred, carriers.conflicts, story.at)[
            0
        ]
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
            "reason_code": None,
            "comment": "",
            "effort_points": work.points,
        }
        story.rows["offer"].append(offer)
        story.start("offer")
        if fate == "offered":
            raise NotYet()
        chance, lead = random.random(), carriers.zone.workers[chosen.id]
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
            return
        answered.add(chosen.id)
        if story.ticket["bounces"] == 2:
            story.ticket["waiting_reason"] = "bounced_twice"
            if fate == "stuck":
                raise NotYet()
            story.wait(random.randrange(60, 400))
            story.ticket["waiting_reason"] = None


def _bounce(
    story: Story,
    offer: dict[str, object],
    institution_id: int,
    reason: str,
    by: Somebody | None,
    state: str,
) -> None:
    offer.update(state=state, answered_at=story.at, reason_code=reason)
    story.stop("offer")
    story.ticket["bounces"] += 1
    story.move(Move.BOUNCE, by, audience="staff", institution_id=institution_id, reason=reason)
