"""The columns that every ledger has: of an entry, of the head of its chain, and of its anchors."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column


class Entry:
    """One line: its number and moment, the day it counts for, who caused it, its key, what it
    reverses, and its place in the chain.

    `digest_version` says which version of the digest its hash was made with.
    """

    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    day: Mapped[date]
    actor_person_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    unique_key: Mapped[str] = mapped_column(unique=True)
    reverses: Mapped[int | None] = mapped_column(sa.BigInteger, unique=True)
    reason: Mapped[str] = mapped_column(server_default="")
    digest_version: Mapped[int] = mapped_column(sa.SmallInteger, server_default="1")
    prev: Mapped[bytes]
    hash: Mapped[bytes]


class Head:
    """The last number and hash of the chain.

    Its row lock is always the last lock of a transaction.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[bytes]

    @declared_attr.directive
    def __table_args__(cls) -> tuple[sa.CheckConstraint, ...]:  # noqa: N805 – of a class
        """Hold that there is one row only."""
        return (sa.CheckConstraint("id = 1", name="only_one"),)


class Anchor:
    """The head of the chain at the end of a day,
    kept apart so that a cut or rewritten tail shows.
    """

    day: Mapped[date] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[bytes]
    at: Mapped[datetime]
