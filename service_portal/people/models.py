"""People, whatever they do here. Everything else may name them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_security import RoleMixin, UserMixin
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, Model, coded, holds


class Locale(StrEnum):
    """A language the portal speaks."""

    EN = "en"
    ZH = "zh"


class Factor(StrEnum):
    """A second factor by the name Flask-Security gives it."""

    AUTHENTICATOR = "authenticator"


class NoRole(RoleMixin):
    """Flask-Security asks for a role class; our roles live in `membership`, so this one has no
    table.
    """

    name = ""


class Person(Model, UserMixin):
    """A human being who signs in."""

    __tablename__ = "person"

    id: Mapped[BigId]
    email: Mapped[str] = mapped_column(sa.String(255), unique=True)
    password: Mapped[str | None] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(server_default=sa.true(), default=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    confirmed_at: Mapped[datetime | None]
    create_datetime: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    update_datetime: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    name_en: Mapped[str] = mapped_column(server_default="")
    name_zh: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    locale: Mapped[str] = coded(Locale, server_default=Locale.ZH)
    mail_enabled: Mapped[bool] = mapped_column(server_default=sa.true())
    acting_membership_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    demo: Mapped[bool] = mapped_column(server_default=sa.false())
    # The second factor, by the names Flask-Security looks for; what pages do not need is read when
    # it is asked for. The secret and the codes are encrypted with SECURITY_TOTP_SECRETS.
    tf_primary_method: Mapped[str | None] = coded(Factor)
    tf_totp_secret: Mapped[str | None] = mapped_column(deferred=True)
    tf_last_counter: Mapped[int | None] = mapped_column(sa.BigInteger, deferred=True)
    mf_recovery_codes: Mapped[list[Any] | None] = mapped_column(
        JSONB(none_as_null=True),
        deferred=True,
    )

    # Which roles ask for a second factor is said where the roles are: in the accounts.
    must_have_second_factor: ClassVar[Callable[[Person], bool]]
    # No code goes by text message.
    tf_phone_number: ClassVar[None] = None  # type: ignore[misc]
    # The library's column of roles, which this has none of.
    roles: ClassVar[list[NoRole]] = []  # type: ignore[assignment, misc]

    __table_args__ = (
        holds("locale", Locale),
        holds("tf_primary_method", Factor),
    )

    def check_tf_required(
        self,
        tf_setup_methods: list[tuple[str, str]],
        tf_fresh: bool,
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Say whether a code follows the password: for whoever has set one up, and who must."""
        return bool(tf_setup_methods) or self.must_have_second_factor(), tf_setup_methods
