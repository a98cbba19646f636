"""The roles people play in organisations, invitations, letters, sessions and API tokens."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.access.actor import PEOPLE_ROLES, Role
from service_portal.access.scopes import TokenScope
from service_portal.kernel.codes import among
from service_portal.kernel.db import BigId, BigRef, Model, coded
from service_portal.web.transmission import ON_ITS_WAY, SET_ASIDE, UNTRIED, Transmission, checks

_SCOPES = ", ".join(f"'{scope}'" for scope in TokenScope)


class Membership(Model):
    """A role of a person in one organisation, or in the zone itself."""

    __tablename__ = "membership"

    id: Mapped[BigId]
    person_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("person.id"))
    role: Mapped[str] = coded(Role)
    enterprise_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("enterprise.id"))
    station_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("station.id"))
    institution_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("institution.id")
    )
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint(among("role", PEOPLE_ROLES), name="role"),
        sa.CheckConstraint(
            "(role LIKE 'enterprise%') = (enterprise_id IS NOT NULL)"
            " AND (role LIKE 'station%') = (station_id IS NOT NULL)"
            " AND (role LIKE 'institution%') = (institution_id IS NOT NULL)",
            name="organisation",
        ),
        sa.Index(
            "uq_membership_open",
            "person_id",
            "role",
            "enterprise_id",
            "station_id",
            "institution_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(
            "ix_membership_enterprise",
            "enterprise_id",
            postgresql_where=sa.text("enterprise_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_membership_station",
            "station_id",
            postgresql_where=sa.text("station_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_membership_institution",
            "institution_id",
            postgresql_where=sa.text("institution_id IS NOT NULL"),
        ),
    )


class Invitation(Model):
    """An invitation to take a role, answered once with a secret that is stored hashed."""

    __tablename__ = "invitation"

    id: Mapped[BigId]
    email: Mapped[str]
    role: Mapped[str] = coded(Role)
    enterprise_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("enterprise.id"))
    station_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("station.id"))
    institution_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("institution.id")
    )
    token_hash: Mapped[str] = mapped_column(unique=True)
    invited_by_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (sa.CheckConstraint(among("role", PEOPLE_ROLES), name="role"),)


class Letter(Transmission, Model):
    """A mail about an account, to one address.

    What it says may hold a secret and is kept only until it is sent or given up.
    """

    __tablename__ = "letter"

    id: Mapped[BigId]
    template: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    invitation_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("invitation.id"))
    email: Mapped[str]
    subject: Mapped[str | None]
    body: Mapped[str | None]
    message_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    expires_at: Mapped[datetime]

    __table_args__ = (
        *checks(),
        sa.CheckConstraint(
            "body IS NULL OR state IN ('queued', 'sending', 'held')", name="body_while_waiting"
        ),
        sa.Index("ix_letter_queue", "available_at", "id", postgresql_where=sa.text(ON_ITS_WAY)),
        sa.Index("ix_letter_untried", "available_at", "id", postgresql_where=sa.text(UNTRIED)),
        sa.Index("ix_letter_not_sent", "id", postgresql_where=sa.text(SET_ASIDE)),
        sa.Index("ix_letter_created", "created_at"),
    )


class ApiToken(Model):
    """A bearer token of one membership. Only its SHA-256 is stored."""

    __tablename__ = "api_token"

    id: Mapped[BigId]
    person_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("person.id"))
    membership_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("membership.id"))
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    prefix: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(
        ARRAY(sa.Text),
        server_default=f"{{{','.join(TokenScope)}}}",
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_on: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint(
            f"scopes <@ ARRAY[{_SCOPES}] AND cardinality(scopes) > 0",
            name="scopes",
        ),
    )


class PersonSession(Model):
    """One sign-in in one browser: its cookie names the row by `key`, and ends with it."""

    __tablename__ = "person_session"

    id: Mapped[BigId]
    key: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("person.id"), index=True)
    address: Mapped[str]
    agent: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    last_used_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class EndedSession(Model):
    """A session of the first release that was signed out of.

    Nothing reads it any more. A process of that release may still write it during an upgrade, so
    the table goes with a later one.
    """

    __tablename__ = "ended_session"

    id: Mapped[str] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]


class KeyFingerprint(Model):
    """What tells a key of this zone from another one, without telling the key."""

    __tablename__ = "key_fingerprint"

    name: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    kept_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
