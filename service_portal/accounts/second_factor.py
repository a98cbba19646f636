"""The second factor: Flask-Security's one-time passwords and recovery codes, each good for one use.

The person's row is locked while a code is looked at, so that of two tries with one code at the same
moment one is refused; the lock goes with the transaction that uses the code up.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from flask import current_app, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_security import Totp
from flask_security.recovery_codes import MfRecoveryCodesUtil
from flask_security.tf_plugin import tf_clean_session
from flask_security.twofactor import CodeTfPlugin, is_tf_setup
from flask_security.utils import check_and_update_authn_fresh
from passlib.totp import TOTP
from werkzeug.wrappers import Response

from service_portal.accounts.guessing import CODE_PAGES, take_guess_back
from service_portal.accounts.models import Membership
from service_portal.accounts.rules import needs_second_factor, plain_code
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import Person

METHOD = "authenticator"
ISSUER = "Service Portal"
RECOVERY_CODES = 10
# A step before and after the present one, for clocks that are a little off.
WINDOW_SECONDS = 30
# How long a right password waits for its code.
WAITS = timedelta(minutes=10)
# Pages of the sign-in between the password and the session.
SET_UP_AT_SIGN_IN = "factor.set_up_at_sign_in"
BETWEEN = CODE_PAGES | {SET_UP_AT_SIGN_IN}
_SINCE, _SECRET = "tf_since", "tf_totp_secret"

_LOCK = sa.select(Person.tf_last_counter).where(Person.id == sa.bindparam("id")).with_for_update()
_LOCKED_METHOD = (
    sa.select(Person.tf_primary_method).where(Person.id == sa.bindparam("id")).with_for_update()
)
_CODES = sa.select(Person.mf_recovery_codes).where(Person.id == sa.bindparam("id"))


def _must_have_second_factor(person: Person) -> bool:
    """Say whether one of the person's roles asks for a second factor."""
    open_roles = sa.select(Membership.role).where(
        Membership.person_id == person.id,
        Membership.ended_at.is_(None),
    )
    roles = db.session.scalars(open_roles).all()
    return needs_second_factor(roles, demo=current_app.config["DEMO"])


Person.must_have_second_factor = _must_have_second_factor


def recovery_keys(secrets: Mapping[str, str]) -> list[bytes]:
    """Give the keys that encrypt recovery codes, the newest first,
    made from those of the secrets.
    """
    newest_first = [secrets[tag] for tag in sorted(secrets, key=int, reverse=True)]
    return [
        base64.urlsafe_b64encode(sha256(f"recovery codes {secret}".encode()).digest())
        for secret in newest_first
    ]


class OneTimePasswords(Totp):
    """One-time passwords by the product's clock, none of them taken twice."""

    def __init__(self, secrets: Any, issuer: str) -> None:
        """Take the time from the clock that everything else goes by."""
        self._totp = TOTP.using(issuer=issuer, secrets=secrets, now=lambda: now().timestamp())

    def get_last_counter(self, user: Any) -> int | None:
        """Give the step of the last code that was taken, and hold the person's row."""
        return db.session.execute(_LOCK, {"id": user.id}).scalar_one()

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        """Keep the step of the code that is taken now."""
        user.tf_last_counter = tmatch.counter


class RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes, however they are typed, each taken once."""

    def check_recovery_code(self, user: Any, code: str) -> bool:
        """Say whether a code is one of those that are left, and hold the person's row."""
        db.session.execute(_LOCK, {"id": user.id})
        return plain_code(code) in self._plain(user)

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        """Take a code away."""
        left = list(db.session.execute(_CODES, {"id": user.id}).scalar_one() or ())
        del left[self._plain(user).index(plain_code(code))]
        user.mf_recovery_codes = left
        return True

    def _plain(self, user: Any) -> list[str]:
        kept = db.session.execute(_CODES, {"id": user.id}).scalar_one()
        return [plain_code(one) for one in self._decrypt_codes(kept or [])]


class CodePlugin(CodeTfPlugin):
    """Asks for the code, or leads whoever has none yet to the page that sets one up."""

    def tf_login(self, user: Any, json_payload: dict[str, Any], next_loc: str | None) -> Any:
        """Begin the second step of a sign-in; nobody is signed in before it ends."""
        session[_SINCE] = int(now().timestamp())
        # Where nothing else is asked for, the library would come back to the page of the password.
        next_loc = None if next_loc == request.url else next_loc
        # The password was right; codes are counted by themselves.
        with unit_of_work():
            take_guess_back()
        if is_tf_setup(user):
            return super().tf_login(user, json_payload, next_loc)
        session["tf_state"] = "setup_from_login"
        return redirect(url_for(SET_UP_AT_SIGN_IN, next=next_loc))


def limit_second_step() -> Response | None:
    """Let the second step of a sign-in wait for some minutes, and only for those not signed in."""
    if request.endpoint not in BETWEEN:
        return None
    if "sid" in session:
        # The library would sign them out.
        return redirect(url_for("accounts.front"))
    if now().timestamp() - session.get(_SINCE, 0) > WAITS.total_seconds():
        # The library tells no types here.
        tf_clean_session()  # type: ignore[no-untyped-call]
    return None


def awaited() -> Person | None:
    """Give whose password was right and who sets up a first second factor before going on."""
    if session.get("tf_state") != "setup_from_login" or not session.get("tf_user_id"):
        return None
    who = Person.fs_uniquifier == session["tf_user_id"]
    has_none = Person.tf_primary_method.is_(None)
    return db.session.scalar(sa.select(Person).where(who, Person.active, has_none))


def is_fresh() -> bool:
    """Say whether password, and code where there is one, were given a short while ago."""
    config = current_app.config
    return check_and_update_authn_fresh(
        config["SECURITY_FRESHNESS"], config["SECURITY_FRESHNESS_GRACE_PERIOD"]
    )


def new_secret() -> str:
    """Give the secret that is being set up in this browser, encrypted;
    it stays until it is used.
    """
    if _SECRET not in session:
        session[_SECRET] = _library().totp_factory.generate_totp_secret()
    return str(session[_SECRET])


def secret_for_page(secret: str, person: Person) -> dict[str, str]:
    """Give what an authenticator app needs: the picture, the key to type, the address to open."""
    values: dict[str, str] = _library().totp_factory.fetch_setup_values(secret, person)
    return values


def turn_on(person: Person, *, code: str, is_first: bool) -> list[str]:
    """Keep the secret that was set up once a code proves it; give new recovery codes.

    A first one takes no other's place: whoever sets it up was asked for no code. Other set-ups
    that wait after a right password end.
    """
    library, secret = _library(), new_secret()
    kept = db.session.execute(_LOCKED_METHOD, {"id": person.id}).scalar_one()
    if is_first and kept is not None:
        raise Conflict(_("A second factor was set up meanwhile. Sign in again, with its code."))
    person.tf_last_counter = None
    db.session.flush()
    if not library.totp_factory.verify_totp(plain_code(code), secret, person, WINDOW_SECONDS):
        raise Refused(
            _("This code is not right. Wait for the next one, and check the clock of your phone."),
            field="code",
        )
    library.datastore.tf_set(person, METHOD, totp_secret=secret)
    session.pop(_SECRET, None)
    person.fs_uniquifier = uuid4().hex
    for name in ("_user_id", "tf_user_id"):
        if name in session:
            session[name] = person.fs_uniquifier
    return new_recovery_codes(person)


def new_recovery_codes(person: Person) -> list[str]:
    """Make new recovery codes; earlier ones no longer work."""
    codes: list[str] = _library().mf_recovery_codes_util.create_recovery_codes(person)
    return codes


def turn_off(person: Person) -> None:
    """Forget secret and recovery codes."""
    library = _library()
    library.datastore.tf_reset(person)
    library.datastore.mf_set_recovery_codes(person, None)
    person.tf_last_counter = None


def is_right(person: Person, code: str) -> bool:
    """Say whether this is a code or a recovery code of the person, and use it up."""
    library, secret = _library(), person.tf_totp_secret
    if library.totp_factory.verify_totp(plain_code(code), secret or "", person, WINDOW_SECONDS):
        return True
    util = library.mf_recovery_codes_util
    return bool(util.check_recovery_code(person, code) and util.delete_recovery_code(person, code))


def _library() -> Any:
    return current_app.extensions["security"]
