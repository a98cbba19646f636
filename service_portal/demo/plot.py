"""How the invented tickets go: chances, delays and the people who act, stage by stage."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import sqlalchemy as sa

from service_portal.assigning.rules import Candidate, Work, choose_members
from service_portal.catalogue.rules import amount_of
from service_portal.demo.carriers import Carriers
from service_portal.demo.last_words import UNHAPPY, close
from service_portal.demo.later_days import WAITS_FOR_LEAD
from service_portal.demo.life import NotYet
from service_portal.demo.offers import ask_institutions
from service_portal.demo.story import Story
from service_portal.demo.work import work_out
from service_portal.demo.zone import Somebody, Zone
from service_portal.directory.models import Park
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.reasons import Reason
from service_portal.kernel.words import Words
from service_portal.routing.queries import read_table
from service_portal.routing.rules import Facts, choose_station
from service_portal.tickets.codes import DecisionReason
from service_portal.tickets.rules import Move

# Fates that leave a ticket where the people of the demo find it today.
TODAYS = {
    "new",
    "working",
    "holding",
    WAITS_FOR_LEAD,
    "offered",
    "unheard",
    "back",
    "returned",
    "answered",
    "stuck",
    UNHAPPY,
}


class Plot:
    """Plays stories with the real rules of routing and assigning on the real directory, and
    remembers who carries what.
    """

    def __init__(self, random: Random, zone: Zone) -> None:
        self.random, self.zone, self.table = random, zone, read_table()
        self.parks = {row.id: row.code for row in db.session.execute(sa.select(Park.id, Park.code))}
        self.carriers = Carriers(zone)

    def play(self, story: Story, *, fate: str = "", master: Story | None = None) -> None:
        """Play a story from what filing wrote to its end, or to today.

        `fate` forces what chance would rarely bring; `master` is the story it repeats.
        """
        self.carriers.free(story.filed_at)
        try:
            self._route(story)
            self._assign(story, fate)
            if master and self._merge(story, master):
                return
            if not self._accept(story, fate):
                return
            self._deliver(story, fate)
            work_out(
                story,
                owner=self.owner(story),
                lead=self.zone.leads[story.ticket["station_id"]],
                provider=self.provider(story),
                related=self._related(story),
                fate=fate,
            )
        except NotYet:
            pass
        finally:
            self.carriers.load(story)

    def link(self, story: Story, other: Story) -> None:
        """Link a ticket that somebody has with an earlier one about the same."""
        if story.ticket["owner_id"] is None:
            return
        for one, another in ((other, story), (story, other)):
            named = {"other_id": another.id, "other": another.reference}
            story.entry("link", self.owner(story), data=named, audience="staff")
            story.rows["timeline"][-1]["ticket_id"] = one.id
            one.ticket["linked_ids"].append(another.id)

    def _route(self, story: Story) -> None:
        story.until(story.at + timedelta(seconds=self.random.randrange(1, 4)))
        service, company = story.service, story.company
        facts = Facts(
            service.code,
            service.category.code,
            company.park_id,
            self.parks[company.park_id],
            frozenset(company.tags),
            amount_of(service.definition, story.ticket["answers"]),
            story.ticket["urgent"],
        )
        choice = choose_station(facts, self.table, story.at.astimezone(zone_time()).date())
        story.ticket["station_id"] = choice.station_id
        story.version += 1
        story.entry("route", None, data={"station_id": choice.station_id})
        story.decide("route", choice.station_id, choice.reason)

    def _assign(self, story: Story, fate: str) -> None:
        story.until(story.at + timedelta(seconds=self.random.randrange(1, 4)))
        if fate == "given":
            self._give(story, self.carriers.member_by_id[self.zone.demo_member])
            return
        work = Work(
            story.id,
            story.company.id,
            story.ticket["station_id"],
            story.service.category.code,
            story.service.definition.effort_points,
        )
        chosen = choose_members([work], self.carriers.candidates, story.at)[0]
        if chosen.id is None:
            story.decide("assign", None, chosen.reason, "nobody")
            story.ticket["waiting_reason"] = "no_member"
            if story.now - story.at < timedelta(days=4):
                raise NotYet()
            # Whoever waited in the past was given to the lead in the end.
            story.wait(self.random.randrange(60, 500))
            self._give(story, self.carriers.candidates[work.station_id][0])
            return
        story.decide("assign", chosen.id, chosen.reason)
        self._own(story, chosen.id, "round")

    def _give(self, story: Story, member: Candidate) -> None:
        member.load += story.service.definition.effort_points
        reason = Reason(DecisionReason.PERSON, {"by": "person", "reason": ""})
        story.decide("assign", member.id, reason, "person")
        self._own(story, member.id, "person")

    def _own(self, story: Story, member_id: int, how: str) -> None:
        story.ticket["owner_id"], story.ticket["waiting_reason"] = member_id, None
        story.version += 1
        story.entry("assign", None, data={"member_id": member_id})
        story.rows["assignment"].append(
            {
                "ticket_id": story.id,
                "enterprise_id": story.company.id,
                "member_id": member_id,
                "from_at": story.at,
                "to_at": None,
                "how": how,
                "reason": "",
            }
        )

    def owner(self, story: Story) -> Somebody:
        """Give the member who has the case."""
        return self.zone.members[story.ticket["owner_id"]]

    def provider(self, story: Story) -> Somebody:
        """Give who delivers: the institution's worker, else the member."""
        return (
            self.zone.workers[story.ticket["institution_id"]]
            if story.ticket["institution_id"]
            else self.owner(story)
        )

    def _related(self, story: Story) -> bool:
        """Say whether provider and enterprise have the same controller or phone: the anomaly
        auditors look for.
        """
        mine = self.zone.controllers.get(story.ticket["institution_id"] or 0)
        return mine is not None and (
            story.company.controller == mine[0] or story.company.phone == mine[1]
        )

    def _accept(self, story: Story, fate: str) -> bool:
        """Play acceptance; False when the story ends here."""
        random, owner, asker = self.random, self.owner(story), story.company.contact
        if story.service.definition.auto_accept:
            self._accepted(story, None)
            return True
        if fate in {"new", "given"}:
            raise NotYet()
        story.wait(
            random.randrange(5, 15)
            if fate in TODAYS
            else (
                random.randrange(430, 900)
                if random.random() < 0.03
                else random.triangular(5, 400, 60)
            )
        )
        chance = 1.0 if fate in TODAYS else random.random()
        if fate == "withdrawn" or chance < 0.02:
            story.move(
                Move.WITHDRAW,
                asker,
                reason=story.pick(Words("We have solved it ourselves.", "我们已自行解决。")),
            )
            self._finish(story)
            return False
        if chance < 0.045:
            words = story.pick(
                Words(
                    "This matter is before the court; we can't act on it while it is.",
                    "该事项已进入诉讼程序，期间不再受理，可咨询承办法院。",
                )
            )
            story.stop("accept")
            story.move(Move.REFUSE, owner, reason="in_court", words=words)
            self._finish(story)
            return False
        if chance < 0.11 or fate == "returned":
            self._return(story, fate)
        self._accepted(story, owner)
        return True

    def _return(self, story: Story, fate: str) -> None:
        owner, asker = self.owner(story), story.company.contact
        words = story.pick(
            Words(
                "Add last year's audit report and the contract, both stamped.",
                "请补充上年度审计报告和合同，均需加盖公章。",
            )
        )
        story.stop("accept")
        story.move(Move.RETURN, owner, words=words)
        story.pause("returned")
        if fate == "returned":
            raise NotYet()
        story.wait(self.random.randrange(200, 1500))
        story.move(Move.RESUBMIT, asker)
        story.resume()
        story.start("accept")
        story.wait(self.random.randrange(20, 240))

    def _accepted(self, story: Story, by: Somebody | None) -> None:
        story.move(Move.ACCEPT, by)
        story.ticket["accepted_at"] = story.at
        story.stop("accept")
        story.start("contact")

    def _deliver(self, story: Story, fate: str) -> None:
        delivered_by = story.service.definition.delivered_by
        if delivered_by == "pool" or (
            delivered_by == "both" and self.random.random() < 0.4 and story.ticket["consent"]
        ):
            ask_institutions(story, self.carriers, owner=self.owner(story), fate=fate)
        if story.ticket["institution_id"] is None:
            story.wait(self.random.randrange(5, 60))
            story.move(Move.START, self.owner(story))

    def _merge(self, story: Story, master: Story) -> bool:
        """Merge a duplicate into the ticket it repeats, if that one is still open; say whether it
        was.
        """
        story.wait(self.random.randrange(20, 90))
        if master.ticket["closed_at"] is not None and master.ticket["closed_at"] <= story.at:
            return False
        story.move(Move.MERGE, self.owner(story), into_id=master.id, into=master.reference)
        story.entry(
            "merge_in", self.owner(story), data={"from_id": story.id, "from": story.reference}
        )
        story.rows["timeline"][-1]["ticket_id"] = master.id
        story.ticket["merged_into_id"] = master.id
        self._finish(story)
        return True

    def _finish(self, story: Story) -> None:
        """End the story: clocks cancelled, the owner free."""
        story.cancel()
        close(story)
