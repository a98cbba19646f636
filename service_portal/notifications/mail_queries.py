"""Reads what a mail says, to whom, and which mails are held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from service_portal.kernel.db import AnyRow, db
from service_portal.notifications.models import Notification, NotificationDelivery
from service_portal.notifications.subjects import SUBJECT_ID, SUBJECT_KIND, TITLE, may_know
from service_portal.people.models import Person
from service_portal.tickets.models import Ticket
from service_portal.tickets.visibility import roles_of


def _promised(mail: Any, *, read_by: sa.Select[Any]) -> sa.Select[Any]:
    """Give the statement that reads a mail, of a table of them, and whether its reader may still be
    told what it says.
    """
    addressee = roles_of(read_by.where(mail.id == sa.bindparam("id")).scalar_subquery())
    return (
        sa.select(
            Notification.kind,
            Notification.data,
            mail.message_id,
            Person.email,
            Person.locale,
            Person.active,
            SUBJECT_KIND.label("subject_kind"),
            SUBJECT_ID.label("subject_id"),
            Ticket.reference,
            TITLE,
            sa.exists(sa.select(sa.literal(1)).select_from(addressee)).label("has_role"),
            may_know(addressee).label("is_visible"),
        )
        .join(Person, Person.id == Notification.person_id)
        .outerjoin(Ticket, Ticket.id == Notification.ticket_id)
        .where(mail.id == sa.bindparam("id"))
    )


_OF_DELIVERY = NotificationDelivery.notification_id == Notification.id
_PROMISED = _promised(
    NotificationDelivery,
    read_by=sa.select(Notification.person_id).join(NotificationDelivery, _OF_DELIVERY),
).join(NotificationDelivery, _OF_DELIVERY)
_PROMISED_BEFORE = _promised(Notification, read_by=sa.select(Notification.person_id))


def promised(delivery_id: int) -> AnyRow:
    """Read what a mail says and to whom, and whether its reader may still be told it."""
    return db.session.execute(_PROMISED, {"id": delivery_id}).one()


def promised_before(notification_id: int) -> AnyRow:
    """Read a mail of the release before in the same way."""
    return db.session.execute(_PROMISED_BEFORE, {"id": notification_id}).one()


_HELD = sa.text("""
    SELECT kind, count(*) AS mails, min(created_at) AS oldest, max(created_at) AS newest FROM (
        SELECT n.kind, d.created_at
        FROM notification_delivery AS d JOIN notification AS n ON n.id = d.notification_id
        WHERE d.state = 'held'
        UNION ALL SELECT kind, created_at FROM notification WHERE state = 'held'
        UNION ALL SELECT template, created_at FROM letter WHERE state = 'held'
    ) AS held GROUP BY kind ORDER BY mails DESC, kind
""")


def held_mails() -> Sequence[AnyRow]:
    """Count the mails that are held since a restore, by what they are about, with the moments of
    the first and last.
    """
    return db.session.execute(_HELD).all()
