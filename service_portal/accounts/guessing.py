"""Nobody guesses a password, and nobody who tries locks its owner out.

A browser in which somebody has signed in keeps a signed cookie that says so and nothing else. Tries
from it are counted by themselves; tries from anywhere else are counted by machine, and all together
more slowly. Decision 0020 has the reasons.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from hashlib import sha256
from hmac import new as mac
from secrets import token_urlsafe

import sqlalchemy as sa
from flask import Response, after_this_request, current_app, g, request, session
from flask_babel import gettext as _
from flask_security.mail_util import EmailValidateException
from itsdangerous import BadData, URLSafeTimedSerializer

from service_portal.accounts.limit_rules import (
    CODES_FROM_ONE_PLACE,
    CODES_OF_STRANGERS,
    GUESSES_FROM_ONE_PLACE,
    GUESSES_OF_ONE_MACHINE,
    GUESSES_OF_STRANGERS,
    RESET_LETTERS,
    WARNINGS,
    Limit,
)
from service_portal.accounts.limits import Uses, forget, spend, take_back, uses
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.errors import TooMany
from service_portal.kernel.networks import network_of
from service_portal.people.models import Person
from service_portal.web.reading import KNOWN_BROWSER_COOKIE

# Where somebody could try one password after the other, or have letters sent.
SIGN_IN = "security.login"
# After a right password.
CODE, RECOVERY_CODE = "security.two_factor_token_validation", "security.mf_recovery"
CODE_PAGES = {CODE, RECOVERY_CODE}
GUESSED_AT = {
    SIGN_IN,
    "security.forgot_password",
    "security.verify",
    "security.change_password",
    *CODE_PAGES,
}

KNOWN_DAYS = 180
# Somebody with a second factor takes two places.
KNOWN_PEOPLE = 8


def is_guess() -> bool:
    """Say whether this request tries a password or asks for a letter."""
    return request.method == "POST" and request.endpoint in GUESSED_AT


def count_guess(*, now: datetime) -> int:
    """Count a try, before a password is looked at; give the seconds to wait,
    0 when it may go on.
    """
    if request.endpoint in CODE_PAGES:
        return _count_code(now=now)
    endpoint, machine, whose = str(request.endpoint), _machine(), _whose()
    known = _known_browsers().get(whose)
    # Who is signed in already is asked for a password again, without an address.
    if g.actor is not None:
        counted = uses(f"{endpoint}:person {g.actor.person_id}", GUESSES_FROM_ONE_PLACE)
    elif known:
        counted = uses(f"{endpoint}:{whose}:{known}", GUESSES_FROM_ONE_PLACE)
    else:
        counted = uses(f"{endpoint}:{whose}:{machine}", GUESSES_FROM_ONE_PLACE)
        counted += uses(f"{endpoint}:{machine}", GUESSES_OF_ONE_MACHINE)
    wait = spend(counted, now=now)
    # What one machine is refused must not count among all, or it could lock everybody out alone.
    if not wait and endpoint == SIGN_IN and g.actor is None and not known:
        counted, wait = _count_of_all(f"{endpoint}:{whose}", GUESSES_OF_STRANGERS, counted, now=now)
    g.guess = ([] if wait else counted), now
    return wait


def _count_code(*, now: datetime) -> int:
    """Count a try at the second step; whose it is is known, because the password was right.

    A browser in which its owner has passed the second step counts for itself. A recovery code is
    too long to be guessed from however many machines, so these have no count together: whoever
    knows the password can't keep its owner from using one.
    """
    person, machine = _whose_code(), _machine()
    if person is None:
        return spend(uses(f"code:{machine}", GUESSES_FROM_ONE_PLACE), now=now)
    name = f"{request.endpoint}:person {person.id}"
    if known := _known_browsers().get(_digest(_passed(person.email))):
        counted = uses(f"{name}:{known}", GUESSES_FROM_ONE_PLACE)
    elif request.endpoint == RECOVERY_CODE:
        counted = uses(f"{name}:{machine}", GUESSES_FROM_ONE_PLACE)
    else:
        counted = uses(f"{name}:{machine}", CODES_FROM_ONE_PLACE)
    wait = spend(counted, now=now)
    if not wait and request.endpoint == CODE and not known:
        counted, wait = _count_of_all(name, CODES_OF_STRANGERS, counted, now=now)
        if wait:
            g.tried_codes_of = person.id
    g.guess = ([] if wait else counted), now
    return wait


def _count_of_all(
    name: str, limits: tuple[Limit, ...], counted: Uses, *, now: datetime
) -> tuple[Uses, int]:
    """Count a try of a place among those of all places; one that is refused here counts for its
    place neither.
    """
    strangers = uses(name, limits)
    wait = spend(strangers, now=now)
    if wait:
        take_back(counted, now=now)
    return counted + strangers, wait


def too_many(wait: int) -> TooMany:
    """Give the refusal of a try, with what helps at once."""
    minutes = -(-wait // 60)
    if request.endpoint == CODE:
        message = _(
            "Codes were tried for this account too often. Use one of your recovery codes, or a"
            " browser that you have signed in with before: both work at once. Then choose a new"
            " password, and codes are taken in every browser again."
        )
        return TooMany(message, retry_after=wait)
    if request.endpoint == SIGN_IN:
        message = _(
            "Somebody tried to sign in with this address too often. Try again in %(minutes)d"
            " minutes, or set a new password with the link that we send you: that works at once.",
            minutes=minutes,
        )
    else:
        message = _("That was tried too often. Try again in %(minutes)d minutes.", minutes=minutes)
    return TooMany(message, retry_after=wait)


def forget_tried_codes(person_id: int, *, now: datetime) -> None:
    """Let all strangers together try codes from the beginning: the password they know is none any
    more.

    Only somebody who is signed in, by a second step that was passed, may cause it. Whoever follows
    the link of a letter has shown no second factor, and could try codes without an end.
    """
    forget(uses(f"{CODE}:person {person_id}", CODES_OF_STRANGERS), now=now)


def is_warning_due(person_id: int, *, now: datetime) -> bool:
    """Say whether somebody is told that their codes are tried, and count it."""
    return not spend(uses(f"codes-letter:person {person_id}", WARNINGS), now=now)


def is_letter_due(address: str, *, now: datetime) -> bool:
    """Say whether one more link to set a password goes to an address, and count it."""
    return not spend(uses(f"reset-letter:{_digest(address)}", RESET_LETTERS), now=now)


def take_guess_back() -> None:
    """Count the try of this request as not done: it was the owner's."""
    counted, at = g.pop("guess", ([], None))
    if counted:
        take_back(counted, now=at)


def know_browser(address: str) -> None:
    """Let this browser show from now on that the owner of an address has used it."""
    after_this_request(partial(_know_browser, names=[address]))


def know_owner(person: Person) -> None:
    """Let this browser show from now on that somebody has signed in with it, and has passed the
    second step where they have one.
    """
    has_passed = person.tf_primary_method is not None
    names = [_passed(person.email), person.email] if has_passed else [person.email]
    after_this_request(partial(_know_browser, names=names))


def _passed(address: str) -> str:
    """Name whoever has passed the second step; following the link of a letter does not."""
    return f"second step of {address.strip().lower()}"


def _know_browser(response: Response, *, names: list[str]) -> Response:
    known = _known_browsers()
    shown = [_digest(name) for name in names]
    others = [(one, nonce) for one, nonce in known.items() if one not in shown]
    mine = [(one, known.get(one) or token_urlsafe(12)) for one in shown]
    kept = [*others, *mine][-KNOWN_PEOPLE:]
    response.set_cookie(
        KNOWN_BROWSER_COOKIE,
        _serializer().dumps(kept),
        max_age=KNOWN_DAYS * 86_400,
        httponly=True,
        secure=current_app.config["COOKIE_SECURE"],
        samesite="Lax",
    )
    return response


def _known_browsers() -> dict[str, str]:
    """Give whose browser this is by its cookie, each with what tells it from their other ones."""
    said = request.cookies.get(KNOWN_BROWSER_COOKIE, "")
    try:
        return dict(_serializer().loads(said, max_age=KNOWN_DAYS * 86_400))
    except (BadData, TypeError, ValueError):
        return {}


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known-browser")


def _digest(address: str) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    return mac(key, f"address:{address.strip().lower()}".encode(), sha256).hexdigest()[:32]


def _whose_code() -> AnyRow | None:
    """Give whose code is tried; their name in cookies would change with a new password."""
    who = Person.fs_uniquifier == session.get("tf_user_id", "")
    return db.session.execute(sa.select(Person.id, Person.email).where(who)).first()


def _machine() -> str:
    """Give the network address tries come from; of IPv6 what one customer gets as a whole."""
    return network_of(request.remote_addr or "")


def _whose() -> str:
    """Give whose password is tried, in the form it is looked up by:
    no spelling is counted apart.
    """
    text = request.form.get("email", "").strip()
    try:
        return _digest(current_app.extensions["security"].mail_util.normalize(text))
    except EmailValidateException:
        return _digest(text)
