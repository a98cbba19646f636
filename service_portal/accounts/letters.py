"""The letter that brings an invitation, in the inviter's language."""

from __future__ import annotations

from smtplib import SMTPException
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Invitation
from service_portal.accounts.queries import organisation_of
from service_portal.accounts.words import ROLE_WORDS
from service_portal.kernel.logs import log
from service_portal.web.formatting import language, localized, when
from service_portal.web.mail import Mail, send


def send_invitation(invitation: Invitation, *, actor: Actor, link: str) -> bool:
    """Send the link by mail and say whether the mail server took it; the page shows the link either way."""
    role, place = ROLE_WORDS[Role(invitation.role)].pick(language()), localized(organisation_of(invitation))
    subject = _("You are invited as %(role)s: %(organisation)s", role=role, organisation=place) if place else _("You are invited as %(role)s", role=role)
    body = "\n".join([
        _("%(name)s invites you to the service portal.", name=actor.name), "",
        subject, "",
        _("Open this link to accept; it works once, until %(when)s:", when=when(invitation.expires_at)),
        link, "",
        _("If you don't know what this is about, do nothing."),
    ])  # fmt: skip
    host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    try:
        send(Mail(to=invitation.email, subject=subject, body=body, message_id=f"<invitation-{invitation.id}@{host}>"))
    except (OSError, SMTPException, ValueError) as error:
        log.warning("mail not taken", invitation_id=invitation.id, error=repr(error))
        return False
    return True
