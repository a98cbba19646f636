"""A lost second factor is taken away by somebody else, and its owner is told by mail and bell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.accounts import second_factor, sessions
from service_portal.accounts.letters import queue_letter
from service_portal.accounts.tokens import revoke_tokens_of
from service_portal.events.catalog import SecondFactorRemoved
from service_portal.events.outbox import record_many
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.people.models import Person
from service_portal.web.language import speaking


def reset_second_factor(person_id: int, *, actor: Actor, now: datetime) -> Person:
    """Take away somebody's second factor, sessions and API tokens; nobody does so to themselves."""
    if person_id == actor.person_id:
        raise Refused(
            _("You can't reset your own second factor; ask another administrator to do it.")
        )
    person = db.session.get(Person, person_id)
    if person is None:
        raise Missing()
    _take_away(person, now=now)
    return person


def reset_for_operator(person: Person, *, now: datetime) -> None:
    """Take a second factor away at the command line, where no other administrator is left."""
    _take_away(person, now=now)


def _take_away(person: Person, *, now: datetime) -> None:
    if person.tf_primary_method is None:
        raise Conflict(_("There is no second factor to reset."))
    second_factor.turn_off(person)
    sessions.end_sessions_of(person.id, now=now)
    # Whoever found the device may have made tokens with it.
    revoke_tokens_of(person.id, now=now)
    tell(
        person,
        lambda: _("Your second factor was reset"),
        lambda: _(
            "Somebody who administers the service portal has reset your second factor. You are"
            " signed out everywhere, and your API tokens have ended. Sign in with your password;"
            " where your role asks for a second factor, you set up a new one then."
        ),
    )
    record_many([SecondFactorRemoved(person_id=person.id)])


def tell_of_change(person: Person, *, is_on: bool) -> None:
    """Write to somebody that their second factor was turned on or off, in case it was not them."""
    if is_on:
        tell(
            person,
            lambda: _("A second factor was set up"),
            lambda: _("From now on a code from your authenticator app follows your password."),
        )
    else:
        tell(
            person,
            lambda: _("Your second factor was turned off"),
            lambda: _("From now on your password alone is enough to sign in."),
        )


def tell_of_tried_codes(person_id: int) -> None:
    """Write to somebody whose password is known to whoever tries one code after the other."""
    tell(
        db.session.get_one(Person, person_id),
        lambda: _("Somebody knows your password"),
        lambda: _(
            "Codes were tried for your account too often, after your right password. Sign in with a"
            " browser that you have used before, or with a recovery code, and choose a new password"
            " in your settings. Until then codes may be refused in any other browser."
        ),
    )


def tell(person: Person, subject: Callable[[], str], said: Callable[[], str]) -> None:
    """Write to somebody about their account, in their language,
    whatever mails they switched off.
    """
    with speaking(person.locale):
        queue_letter(
            template="second_factor",
            email=person.email,
            subject=subject(),
            body="\n\n".join(
                [
                    said(),
                    _("If this was not you and nobody told you of it, tell the zone at once."),
                ]
            ),
            person_id=person.id,
        )
