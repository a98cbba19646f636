"""Who hears of figures: the enterprise, of what was decided on them; who decides, of conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.accounts.models import Membership
from service_portal.events.catalog import SubjectKind
from service_portal.events.inbox import Delivery
from service_portal.kernel.db import AnyRow, db
from service_portal.notifications.figure_words import Verdict
from service_portal.notifications.models import Notification
from service_portal.notifications.rules import APP, DECIDERS, ENTERPRISE, MAIL, telling_for
from service_portal.notifications.subjects import DECIDING
from service_portal.people.models import Person

# Whoever has not read yet that sources differ is told again after this long.
SILENT = timedelta(days=1)


def about_figures(deliveries: Sequence[Delivery], *, now: datetime) -> Iterator[dict[str, Any]]:
    """Give the messages of what happened to figures, nobody's of their own act."""
    of_enterprises = [
        one
        for one in deliveries
        if one.subject is not None and one.subject.kind is SubjectKind.ENTERPRISE
    ]
    yield from _of_decisions([one for one in of_enterprises if one.event == "fact.decided"])
    conflicts = [one for one in of_enterprises if one.event == "facts.conflicted"]
    if conflicts:
        yield from _of_conflicts(conflicts, now=now)


# A decision with the enterprise's last own word before it.
_DECISIONS = sa.text("""
    SELECT f.id, f.enterprise_id, f.year, f.code, f.note, s.id AS stated_id,
        s.by_id AS stated_by_id,
        (s.number, s.value_code) IS NOT DISTINCT FROM (f.number, f.value_code) AS is_same
    FROM fact AS f LEFT JOIN LATERAL (
        SELECT o.id, o.by_id, o.number, o.value_code FROM fact AS o
        WHERE o.enterprise_id = f.enterprise_id AND o.year = f.year AND o.code = f.code
            AND o.source = 'own' AND o.id < f.id
        ORDER BY o.id DESC LIMIT 1
    ) AS s ON true
    WHERE f.id = ANY(:ids)
""")


def _of_decisions(deliveries: Sequence[Delivery]) -> Iterator[dict[str, Any]]:
    if not deliveries:
        return
    ids = [int(one.payload["fact_id"]) for one in deliveries]
    facts = {row.id: row for row in db.session.execute(_DECISIONS, {"ids": ids})}
    people = _people(
        sa.and_(
            Membership.enterprise_id.in_({row.enterprise_id for row in facts.values()}),
            sa.or_(
                Membership.role == Role.ENTERPRISE_OWNER,
                Membership.person_id.in_(
                    {row.stated_by_id for row in facts.values() if row.stated_by_id}
                ),
            ),
        )
    )
    for delivery in deliveries:
        fact = facts.get(int(delivery.payload["fact_id"]))
        if fact is None:
            continue
        data = {
            "code": fact.code,
            "year": fact.year,
            "verdict": _verdict(fact),
            "note": fact.note,
        }
        told = [
            one
            for one in people
            if one.enterprise_id == fact.enterprise_id
            and (one.role == Role.ENTERPRISE_OWNER or one.person_id == fact.stated_by_id)
        ]
        yield from _messages(delivery, told, ENTERPRISE, data)


def _verdict(fact: AnyRow) -> Verdict:
    if fact.stated_id is None:
        return Verdict.FIRST
    return Verdict.ACCEPTED if fact.is_same else Verdict.REJECTED


def _of_conflicts(deliveries: Sequence[Delivery], *, now: datetime) -> Iterator[dict[str, Any]]:
    """Tell each who decides once, however many conflicts there are, and not again while they have
    not read it.
    """
    people = _people(Membership.role.in_(DECIDING))
    known = set(
        db.session.scalars(
            sa.select(Notification.person_id).where(
                Notification.person_id.in_({one.person_id for one in people}),
                Notification.kind == deliveries[0].event,
                Notification.channel == APP,
                Notification.read_at.is_(None),
                Notification.created_at > now - SILENT,
            )
        )
    )
    for delivery in deliveries:
        for message in _messages(
            delivery, [one for one in people if one.person_id not in known], DECIDERS, {}
        ):
            known.add(message["person_id"])
            yield message


def _people(which: sa.ColumnElement[bool]) -> Sequence[AnyRow]:
    return db.session.execute(
        sa.select(
            Membership.id,
            Membership.person_id,
            Membership.role,
            Membership.enterprise_id,
            Person.mail_enabled,
        )
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.ended_at.is_(None), Person.active, which)
        .order_by(Membership.id)
    ).all()


def _messages(
    delivery: Delivery, people: Iterable[AnyRow], party: str, data: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    assert delivery.subject is not None
    channels = telling_for(delivery.event).channels
    for person_id, membership in {one.person_id: one for one in reversed(list(people))}.items():
        if person_id != delivery.payload.get("by_person_id"):
            yield {
                "source": f"event-{delivery.id}",
                "person_id": person_id,
                "membership_id": membership.id,
                "in_bell": APP in channels,
                "by_mail": MAIL in channels and membership.mail_enabled,
                "kind": delivery.event,
                "subject_kind": SubjectKind.ENTERPRISE,
                "subject_id": delivery.subject.id,
                "data": {**data, "party": party},
            }
