"""The keys a database was made with: under others no password, session or link would be recognised.

The database keeps a fingerprint of each, from which the key can't be told. A process whose keys are
others does not start.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from service_portal.accounts.models import KeyFingerprint
from service_portal.kernel.db import db, owners_engine

# What each is kept as in a home, and what follows where it is another one.
KEYS = {
    "SECRET_KEY": ("keep/secret-key", "no session and no link in a mail would be recognised"),
    "SECURITY_PASSWORD_SALT": ("keep/password-salt", "every right password would be refused"),
    "SECURITY_TOTP_SECRETS": ("keep/totp-secrets", "every right code would be refused"),
}


class OtherKeys(SystemExit):
    """The keys in use are not those the database was made with; the message says what to copy."""


def require_the_databases_keys() -> None:
    """Raise OtherKeys unless the keys in use are the database's; one made before keeps them now.

    A database that is away, or not yet migrated, is not asked.
    """
    try:
        others = _others()
    except (sa.exc.OperationalError, sa.exc.ProgrammingError):
        return
    if others:
        raise OtherKeys(refusal(others))


def refusal(others: list[str]) -> str:
    """Say which keys are others, what follows, and what to do."""
    effects = " and ".join(KEYS[name][1] for name in others)
    files = " and ".join(KEYS[name][0] for name in others)
    return (
        f"This database was made with another {' and another '.join(others)}: {effects}. "
        f"Copy {files} from the home where it was made (or set {' and '.join(others)} as there) "
        "and start again. To go on with the new ones on purpose: ./portal accept-keys"
    )


def accept_keys() -> None:
    """Keep the fingerprints of the keys in use in place of the database's own;
    the owner's right.
    """
    with owners_engine().begin() as connection:
        for name, fingerprint in _fingerprints().items():
            kept = insert(KeyFingerprint).values(name=name, fingerprint=fingerprint)
            changed = {"fingerprint": fingerprint, "kept_at": sa.func.clock_timestamp()}
            connection.execute(kept.on_conflict_do_update(index_elements=["name"], set_=changed))


def _others() -> list[str]:
    mine = _fingerprints()
    rows = [{"name": name, "fingerprint": mine[name]} for name in KEYS]
    asked = sa.select(KeyFingerprint.name, KeyFingerprint.fingerprint)
    with db.engine.begin() as connection:
        found = {row.name: row.fingerprint for row in connection.execute(asked)}
        if mine.keys() - found.keys():
            # Of two first starts at once, the first one's stay.
            connection.execute(insert(KeyFingerprint).on_conflict_do_nothing(), rows)
            found = {row.name: row.fingerprint for row in connection.execute(asked)}
    return [name for name in KEYS if found.get(name) != mine[name]]


def _fingerprints() -> dict[str, str]:
    secrets = {name: str(current_app.config[name]).encode() for name in KEYS}
    return {
        name: hmac.new(secret, f"service-portal {name} 1".encode(), sha256).hexdigest()
        for name, secret in secrets.items()
    }
