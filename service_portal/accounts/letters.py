"""Letters about accounts: what a person asked for or must know.

They wait in the database and are sent by the workers.

Whoever asks for a new password causes the same row, whether the address is known or not, so that
neither the answer nor its time says who has an account. What a letter says may hold a secret: it is
kept until the letter is over and no longer, and a link to a new password is made only when it is
sent.
"""

from __future__ import annotations

from datetime import timedelta
from email.utils import make_msgid
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app, g
from flask_babel import gettext as _
from flask_security.recoverable import send_reset_password_instructions

from service_portal.access.actor import Actor
from service_portal.accounts.models import Invitation, Letter
from service_portal.accounts.queries import organisation_of
from service_portal.accounts.words import role_name
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.web.formatting import localized, when
from service_portal.web.language import speaking
from service_portal.web.mail import Mail
from service_portal.web.transmission import DropReason, Lease, MailQueue

LETTERS = MailQueue(Letter, cleared=("body",))
RESET, INVITATION = "reset_instructions", "invitation"
# What could not be sent for so long says nothing any more that helps its reader.
LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=1)

_LETTER = (
    sa.select(
        Letter,
        sa.func.coalesce(Person.active, sa.true()).label("is_active"),
        sa.or_(Invitation.accepted_at.is_not(None), Invitation.revoked_at.is_not(None)).label(
            "is_answered"
        ),
        (Letter.expires_at <= sa.func.clock_timestamp()).label("has_expired"),
    )
    .outerjoin(Person, Person.id == Letter.person_id)
    .outerjoin(Invitation, Invitation.id == Letter.invitation_id)
    .where(Letter.id == sa.bindparam("id"))
    .execution_options(populate_existing=True)
)


_OUTDATED = sa.text("""
    UPDATE letter SET state = 'dropped', drop_reason = 'expired', body = NULL
    WHERE invitation_id = :invitation_id AND state IN ('queued', 'held')
""")


def queue_letter(
    *, template: str, email: str, subject: str, body: str, person_id: int | None = None
) -> None:
    """Let a letter be sent as soon as a worker comes to it,
    in the transaction of what it tells of.
    """
    _queue(template, email, LASTS, subject=subject, body=body, person_id=person_id)


def ask_for_reset(email: str) -> None:
    """Let the workers find out whose address this is, and write to them how to choose a new
    password.
    """
    _queue(RESET, email, RESET_LASTS)


def drop_letters_of(invitation: Invitation) -> None:
    """Let no letter go out any more whose link was replaced by another."""
    db.session.execute(_OUTDATED, {"invitation_id": invitation.id})


def send_invitation(invitation: Invitation, *, actor: Actor, link: str) -> None:
    """Let an invitation be sent, in the inviter's language."""
    role = role_name(invitation.role)
    place = localized(organisation_of(invitation))
    subject = _("You are invited as %(role)s", role=role)
    if place:
        subject = _("You are invited as %(role)s: %(organisation)s", role=role, organisation=place)
    body = "\n".join(
        [
            _("%(name)s invites you to the service portal.", name=" ".join(actor.name.split())),
            "",
            subject,
            "",
            _(
                "Open this link to accept; it works once, until %(when)s:",
                when=when(invitation.expires_at),
            ),
            link,
            "",
            _("If you don't know what this is about, do nothing."),
        ]
    )
    _queue(
        INVITATION, invitation.email, LASTS, subject=subject, body=body, invitation_id=invitation.id
    )


def _queue(template: str, email: str, lasts: timedelta, **about: str | int | None) -> None:
    host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    db.session.execute(
        sa.insert(Letter).values(
            template=template,
            email=email,
            message_id=make_msgid(idstring=template.replace("_", "-"), domain=host),
            expires_at=sa.func.clock_timestamp() + lasts,
            **about,
        )
    )


def mail_of(lease: Lease) -> Mail | None:
    """Give a leased letter as a mail; drop it, and give None, when it has nobody to go to or
    nothing to say any more.
    """
    letter, is_active, is_answered, has_expired = db.session.execute(
        _LETTER, {"id": lease.id}
    ).one()
    reason: DropReason | None = None
    said: tuple[str, str] | None = None
    if has_expired:
        reason = DropReason.EXPIRED
    elif is_answered:
        reason = DropReason.ANSWERED
    elif not is_active:
        reason = DropReason.INACTIVE
    elif letter.template == RESET:
        said = _how_to_reset(letter.email)
        reason = None if said else DropReason.UNKNOWN
    else:
        said = letter.subject or "", letter.body or ""
    if said is None:
        LETTERS.drop(lease, reason or DropReason.UNKNOWN)
        return None
    return Mail(to=letter.email, subject=said[0], body=said[1], message_id=letter.message_id)


def _how_to_reset(email: str) -> tuple[str, str] | None:
    """Write to somebody how to choose a new password, in their language; None when nobody who may
    sign in has the address.
    """
    found = sa.select(Person).where(
        sa.func.lower(Person.email) == email.lower(),
        Person.active,
        # The people of a demo are nobody where it is none.
        sa.or_(sa.literal(current_app.config["DEMO"]), ~Person.demo),
    )
    person = db.session.scalar(found.execution_options(populate_existing=True))
    if person is None:
        return None
    said: tuple[str, str]
    with (
        current_app.test_request_context(base_url=current_app.config["BASE_URL"]),
        speaking(person.locale),
    ):
        g.written = []
        # The library tells no types here.
        send_reset_password_instructions(person)  # type: ignore[no-untyped-call]
        (said,) = g.pop("written")
    return said
