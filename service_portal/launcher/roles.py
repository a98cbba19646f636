"""The three roles of the launcher's own database, each with its own password in `keep/`."""

from __future__ import annotations

import json
from pathlib import Path

from service_portal.launcher.place import Place
from service_portal.launcher.postgres import SUPERUSER, Postgres, environment
from service_portal.launcher.stamps import done, is_done, words
from service_portal.launcher.steps import Trouble, run, step

OWNER, PRODUCT = "portal_owner", "portal_app"
ROLES = (SUPERUSER, OWNER, PRODUCT)
# The first release had one password for all three.
FORMER = "database-password"

# The password itself never travels: a statement may end in a log, a SCRAM verifier opens nothing.
PREPARE = """
import json, os, sys, psycopg
from psycopg import sql
roles, urls = json.loads(os.environ['ROLES']), json.loads(os.environ['ADMIN_URLS'])
def enter(database):
    for url in urls:
        try:
            return psycopg.connect(url.replace('/portal?', '/%s?' % database), autocommit=True)
        except psycopg.OperationalError as error:
            refusal = error
    sys.exit(str(refusal))
with enter('postgres') as c:
    for role in ('portal_owner', 'portal_app'):
        if not c.execute('select from pg_roles where rolname = %s', (role,)).rowcount:
            c.execute(sql.SQL('create role {} login').format(sql.Identifier(role)))
        weak = 'alter role {} nosuperuser nobypassrls nocreaterole nocreatedb noreplication'
        c.execute(sql.SQL(weak).format(sql.Identifier(role)))
        # The product logs its errors itself, without the values they quote; the server would not.
        quiet = sql.SQL("alter role {} set log_min_messages = 'log'")
        c.execute(quiet.format(sql.Identifier(role)))
    for role, password in roles.items():
        proof = c.pgconn.encrypt_password(password.encode(), role.encode(), b'scram-sha-256')
        change = sql.SQL('alter role {} password {}')
        c.execute(change.format(sql.Identifier(role), sql.Literal(proof.decode())))
    if not c.execute("select from pg_database where datname = 'portal'").rowcount:
        c.execute('create database portal owner portal_owner')
with enter('portal') as c:
    # What the owner has made there must not be taken for a function of the server's.
    c.execute('set search_path = pg_catalog')
    c.execute('create extension if not exists pg_trgm schema public')
    c.execute('alter schema public owner to portal_owner')
    if not c.execute("select '\\u4f01\\u4e1a' ~ '^[[:alpha:]]+$'").fetchone()[0]:
        sys.exit('this server finds no Chinese words: it was made with the wrong locale')
"""


def passwords(place: Place) -> dict[str, str]:
    """Give the password of each role; one that is missing is made."""
    return {role: place.secret(f"{role}-password") for role in ROLES}


def first_password(place: Place) -> str | None:
    """Give the password all roles have in a home of the first release, None in any other."""
    path = place.home / "keep" / FORMER
    return path.read_text().strip() if path.exists() else None


def prepare(server: Postgres, place: Place, *, is_new: bool) -> None:
    """Make the two lesser roles and the database, and give each role its own password.

    A home that has them already costs nothing. Raises Trouble when the database takes none of the
    passwords that are kept.
    """
    mark = server.folder / "roles"
    wanted = words(PREPARE, json.dumps(server.passwords, sort_keys=True))
    if not is_new and is_done(mark, wanted):
        return
    former = first_password(place)
    if is_new:
        _prepare(server, place.python, former)
    else:
        with step("giving each database role a password of its own"):
            _prepare(server, place.python, former)
    done(mark, wanted)
    (place.home / "keep" / FORMER).unlink(missing_ok=True)


def _prepare(server: Postgres, python: Path, former: str | None) -> None:
    addresses = [server.url()] + ([server.url(password=former)] if former else [])
    asked = {"ADMIN_URLS": json.dumps(addresses), "ROLES": json.dumps(server.passwords)}
    try:
        run(
            [python, "-c", PREPARE],
            env={**environment(), **asked},
            trouble="The database could not be prepared.",
        )
    except Trouble as trouble:
        if "password authentication failed" not in str(trouble):
            raise
        raise Trouble(
            f"The database in {server.data} does not take the passwords kept beside it. "
            "Copy the folder keep/ from the home that this database comes from, and start again."
        ) from trouble
