"""`seed-empty`, `demo-accounts`, `create-administrator` and what opens an account again."""

from __future__ import annotations

import json
import secrets
import sys
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import new as mac
from itertools import count

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from service_portal.access.actor import PEOPLE_ROLES, Actor, Role
from service_portal.accounts.factor_reset import reset_for_operator
from service_portal.accounts.keys import accept_keys, require_the_databases_keys
from service_portal.accounts.models import ApiToken, Membership
from service_portal.accounts.services import new_person
from service_portal.accounts.tokens import PREFIX, digest_of, make_token
from service_portal.folders import seed
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import Locale, Person
from service_portal.web.acting import loading

# Known on purpose: it opens the demo and nothing else.
DEMO_PASSWORD = "welcome-to-the-zone"  # noqa: S105 – published on purpose
TOKEN_NAME, TOKEN_DAYS = "demo-accounts", 30


def register(group: AppGroup) -> None:
    """Give the application the commands about people."""
    group.command("seed-empty")(seed_empty)
    group.command("demo-accounts")(demo_accounts)
    group.command("create-administrator")(create_administrator)
    group.command("reset-second-factor")(reset_second_factor)
    group.command("check-keys")(require_the_databases_keys)
    group.command("accept-keys")(take_keys)


@click.option(
    "--email",
    default="administrator@localhost.localdomain",
    show_default=True,
    help="who administers the zone",
)
def seed_empty(email: str) -> None:
    """Make a zone without tickets and with one administrator, and print the password to sign in
    with once.
    """
    moment = now()
    with unit_of_work(), loading():
        seed(now=moment)
        if (
            db.session.scalar(
                sa.select(Membership.id).where(Membership.role == Role.ADMINISTRATOR).limit(1)
            )
            is not None
        ):
            return
        password = secrets.token_urlsafe(12)
        person = new_person(
            email=email,
            name_en="Administrator",
            name_zh="管理员",
            password=password,
            locale=Locale.EN,
            now=moment,
        )
        db.session.add(Membership(person_id=person.id, role=Role.ADMINISTRATOR, created_at=moment))
    click.echo(
        f"The zone is empty. Sign in as {email} with the password {password} and change it in your"
        " settings."
    )


@click.option(
    "--json", "as_json", is_flag=True, help="for programs, with an API token for each account"
)
def demo_accounts(as_json: bool) -> None:
    """Print one demo account for each role."""
    if not current_app.config["DEMO"]:
        click.echo("This zone is no demo.", err=True)
        sys.exit(1)
    base = str(current_app.config["BASE_URL"]).rstrip("/")
    found = []
    with unit_of_work():
        for role in Role:
            if role in PEOPLE_ROLES:
                found += _account(role, base=base, with_token=as_json)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    click.echo(
        f"Sign in at {base}/sign-in by the button for a role, or with one of these and the password"
        f" {DEMO_PASSWORD}:"
    )
    for account in found:
        click.echo(f"  {account['role']:<20} {account['email']}")


def _account(role: Role, *, base: str, with_token: bool) -> list[dict[str, str]]:
    row = db.session.execute(
        sa.select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.email == f"{role}@demo.example",
            Person.demo,
            Membership.role == role,
            Membership.ended_at.is_(None),
        )
    ).first()
    if row is None:
        return []
    person, membership = row
    account = {
        "role": str(role),
        "name": person.name_en,
        "email": person.email,
        "password": DEMO_PASSWORD,
        "sign_in": f"{base}/sign-in",
    }
    if with_token:
        actor = Actor(role=role, person_id=person.id, membership_id=membership.id)
        account |= {"api_token": _demo_token(actor, moment=now()), "api": f"{base}/api/v1"}
    return [account]


def _demo_token(actor: Actor, *, moment: datetime) -> str:
    """Give the role's token: the one printed before for as long as it works, then the next.

    It is made of the zone's key, so that printing it again neither stores it nor ends the first.
    """
    key = current_app.config["SECRET_KEY"].encode()
    for number in count(1):
        about = f"{TOKEN_NAME}:{actor.membership_id}:{number}"
        token = PREFIX + urlsafe_b64encode(
            mac(key, about.encode(), sha256).digest()
        ).decode().rstrip("=")
        known = db.session.scalar(
            sa.select(ApiToken).where(ApiToken.token_hash == digest_of(token))
        )
        if known is None:
            return make_token(
                actor=actor, name=TOKEN_NAME, days=TOKEN_DAYS, now=moment, token=token
            )
        if known.revoked_at is None and known.expires_at > moment + timedelta(days=1):
            return token
    raise AssertionError("unreachable")


@click.argument("email")
def create_administrator(email: str) -> None:
    """Make an administrator and print a password to sign in with once; somebody who is there
    already gets the role.
    """
    if "@" not in email:
        click.echo("Give an e-mail address.", err=True)
        sys.exit(1)
    moment, password = now(), None
    with unit_of_work():
        person = db.session.scalar(sa.select(Person).where(Person.email == email.strip().lower()))
        if person is None:
            password = secrets.token_urlsafe(12)
            person = new_person(
                email=email,
                name_en="Administrator",
                name_zh="管理员",
                password=password,
                locale=current_app.config["DEFAULT_LOCALE"],
                now=moment,
            )
        has = sa.select(Membership.id).where(
            Membership.person_id == person.id,
            Membership.role == Role.ADMINISTRATOR,
            Membership.ended_at.is_(None),
        )
        if db.session.scalar(has) is None:
            db.session.add(
                Membership(person_id=person.id, role=Role.ADMINISTRATOR, created_at=moment)
            )
    click.echo(
        f"{email} administers this zone now."
        + (
            f" Sign in with the password {password} and change it in your settings."
            if password
            else ""
        )
    )


@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Take away the second factor of somebody who has lost it and has no recovery code left."""
    with unit_of_work():
        found = sa.select(Person).where(Person.email == email.strip().lower())
        person = db.session.scalar(found)
        if person is None:
            click.echo(f"Nobody has the address {email}.", err=True)
            sys.exit(1)
        if person.tf_primary_method is None:
            click.echo(f"{email} has no second factor.", err=True)
            sys.exit(1)
        reset_for_operator(person, now=now())
    click.echo(
        f"The second factor of {email} is gone; their sessions and API tokens have ended. They sign"
        " in with their password and, where their role asks for one, set up a new one; they are"
        " told by mail."
    )


def take_keys() -> None:
    """Take the keys in use as the database's own, on purpose."""
    accept_keys()
    click.echo(
        "The database keeps the keys in use as its own now. Where they are others than before, "
        "everybody signs in anew, and sets a new password by “forgot password”."
    )
