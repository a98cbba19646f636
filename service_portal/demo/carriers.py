"""Who can take a case in the demo: members and institutions as the directory knows them, and what
they carry at the moment.
"""

from __future__ import annotations

from datetime import datetime
from heapq import heappop, heappush

import sqlalchemy as sa

from service_portal.assigning.rules import Candidate
from service_portal.demo.story import Story
from service_portal.demo.zone import Zone
from service_portal.directory.models import (
    Enterprise,
    EnterpriseExclusion,
    EnterprisePreference,
    Institution,
    InstitutionScope,
    InterestConflict,
    Member,
    MemberSkill,
)
from service_portal.kernel.db import db
from service_portal.kernel.words import Words
from service_portal.tickets.provider_rules import Provider


class Carriers:
    """Members and institutions with their load."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        skills: dict[int, dict[str, int]] = {}
        for row in db.session.execute(
            sa.select(MemberSkill.member_id, MemberSkill.category_code, MemberSkill.level)
        ):
            skills.setdefault(row.member_id, {})[row.category_code] = row.level
        self.candidates: dict[int, list[Candidate]] = {}
        self.member_by_id: dict[int, Candidate] = {}
        for member in db.session.scalars(sa.select(Member).order_by(Member.id)):
            candidate = Candidate(
                member.id,
                Words(member.name_en, member.name_zh),
                member.station_id,
                skills.get(member.id, {}),
                member.capacity_points,
                0,
                member.on_duty,
                False,
                None,
            )
            self.candidates.setdefault(member.station_id, []).append(candidate)
            self.member_by_id[member.id] = candidate
        self.providers = {
            i.id: Provider(
                i.id,
                Words(i.name_en, i.name_zh),
                i.status == "admitted",
                i.licence_until is not None
                and i.licence_until.year > 2000
                and i.status == "admitted",
                i.capacity_points,
                0,
                None,
                i.controller,
            )
            for i in db.session.scalars(sa.select(Institution))
        }
        self.accepting: dict[tuple[str, int], list[Provider]] = {}
        for row in db.session.execute(
            sa.select(
                InstitutionScope.institution_id,
                InstitutionScope.service_code,
                InstitutionScope.park_id,
            ).order_by(InstitutionScope.institution_id)
        ):
            self.accepting.setdefault((row.service_code, row.park_id), []).append(
                self.providers[row.institution_id]
            )
        self.conflicts = frozenset(
            (row.enterprise_id, row.institution_id)
            for row in db.session.execute(
                sa.select(InterestConflict.enterprise_id, InterestConflict.institution_id)
            )
        )
        self.barred = frozenset(
            (row.enterprise_id, row.institution_id)
            for row in db.session.execute(
                sa.select(EnterpriseExclusion.enterprise_id, EnterpriseExclusion.institution_id)
            )
        )
        self.preferred = frozenset(
            (row.enterprise_id, row.institution_id)
            for row in db.session.execute(
                sa.select(EnterprisePreference.enterprise_id, EnterprisePreference.institution_id)
            )
        )
        self.controllers = {
            row.id: row.controller
            for row in db.session.execute(sa.select(Enterprise.id, Enterprise.controller))
        }
        self.busy: list[tuple[datetime, int, str, int, int]] = []
        self.serial = 0

    def free(self, at: datetime) -> None:
        """Take back what those carry whose cases have ended, and see who is away."""
        while self.busy and self.busy[0][0] <= at:
            _, _, kind, who, points = heappop(self.busy)
            holder = self.member_by_id[who] if kind == "member" else self.providers[who]
            holder.load -= points
        for member_id, (begin, finish) in self.zone.absences.items():
            self.member_by_id[member_id].absent = begin <= at < finish

    def load(self, story: Story) -> None:
        """Remember what a story leaves its owner and its institution to carry, and until when."""
        until = story.ticket["closed_at"] or datetime.max.replace(tzinfo=story.now.tzinfo)
        points = story.service.definition.effort_points
        for kind, who in (
            ("member", story.ticket["owner_id"]),
            ("institution", story.ticket["institution_id"]),
        ):
            if who is not None:
                self.serial += 1
                heappush(self.busy, (until, self.serial, kind, who, points))
