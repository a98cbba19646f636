"""The product's database role owns nothing and is bound by everything; one that is not takes away
the ledger's second lock.
"""

from __future__ import annotations

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.kernel.logs import log

_EXCESS = sa.text("""
    SELECT r.rolsuper AS superuser, r.rolbypassrls AS past_row_security,
        r.rolcreaterole AS makes_roles,
        EXISTS (
            SELECT FROM pg_class AS c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                AND pg_has_role(r.oid, c.relowner, 'MEMBER')
        ) AS owner
    FROM pg_roles AS r WHERE r.rolname = current_user
""")
_WORDS = {
    "superuser": "is a superuser",
    "past_row_security": "passes row level security",
    "makes_roles": "makes other roles",
    "owner": "owns the tables",
}


def excess() -> list[str]:
    """List what the role of DATABASE_URL is or may beyond what the product needs; nothing when it
    is as it should be.
    """
    row = db.session.execute(_EXCESS).one()
    return [words for name, words in _WORDS.items() if getattr(row, name)]


def warning(found: list[str]) -> str:
    """Say what follows from a role that is too strong, and what to do."""
    return (
        f"Warning: the role of DATABASE_URL {' and '.join(found)}, so the database cannot hold the"
        " product back from changing what the ledger has counted. Give the product a role of its"
        " own in DATABASE_URL and the owner's in DATABASE_OWNER_URL (README, “use servers of your"
        " own”)."
    )


def warn_of_excess() -> None:
    """Log loudly when the role is too strong; a database that is away is somebody else's news."""
    try:
        found = excess()
    except sa.exc.OperationalError:
        return
    finally:
        db.session.remove()
    if found:
        log.error(warning(found))
