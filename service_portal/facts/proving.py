"""Files that prove a figure: put on the statement that they came with, and taken away again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor, Side
from service_portal.facts.models import Fact, FactFile
from service_portal.facts.rules import ENTERPRISES_OWN, Source
from service_portal.files.room import TAKEN, refuse_full
from service_portal.files.storing import MOST_FILES, Stored, forget_with_rows
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Refused

# Of one figure, each side has room for as many files as come with a form.
_FILES_OF_FIGURE = (
    sa.select(sa.func.count())
    .select_from(FactFile)
    .join(Fact, Fact.id == FactFile.fact_id)
    .where(
        FactFile.enterprise_id == sa.bindparam("enterprise"),
        FactFile.side == sa.bindparam("side"),
        Fact.year == sa.bindparam("year"),
        Fact.code == sa.bindparam("code"),
    )
)
_BY_NOW = sa.select(_FILES_OF_FIGURE.scalar_subquery(), TAKEN)


def prove_figure(
    kept: Sequence[Stored],
    *,
    actor: Actor,
    enterprise_id: int,
    year: int,
    code: str,
    now: datetime,
) -> None:
    """Put files on the last word that the actor's side has on a figure.

    Raises Refused where there is none, where no file came, or where there is no room.
    """
    if not kept:
        raise Refused(_("Choose a file first."), field="files")
    is_own = Fact.source.in_(ENTERPRISES_OWN)
    fact_id = db.session.scalar(
        sa.select(sa.func.max(Fact.id)).where(
            Fact.enterprise_id == enterprise_id,
            Fact.year == year,
            Fact.code == code,
            Fact.source != Source.SCHEME,
            is_own if actor.side is Side.ENTERPRISE else ~is_own,
        )
    )
    if fact_id is None:
        raise Refused(
            _("Fill in the figure first; a file proves what you say.")
            if actor.side is Side.ENTERPRISE
            else _(
                "The zone has no figure of its own here yet. Decide it, and send the file with it."
            ),
            field="files",
        )
    put_files(kept, fact_id, actor=actor, enterprise_id=enterprise_id, now=now)


def put_files(
    kept: Sequence[Stored], fact_id: int, *, actor: Actor, enterprise_id: int, now: datetime
) -> None:
    """Put files on a statement. Raises Refused where there is no room for them, or where one is
    there already.
    """
    if not kept:
        return
    there = set(db.session.scalars(sa.select(FactFile.sha256).where(FactFile.fact_id == fact_id)))
    for one in kept:
        if one.sha256 in there:
            raise Refused(_("“%(name)s” is attached already.", name=one.file_name), field="files")
        there.add(one.sha256)
    db.session.add_all(
        FactFile(
            enterprise_id=enterprise_id,
            fact_id=fact_id,
            side=actor.side,
            file_name=one.file_name,
            content_type=one.content_type,
            size=one.size,
            sha256=one.sha256,
            storage_name=one.storage_name,
            uploaded_by_id=actor.person_id,
            uploaded_by_name=actor.name,
            at=now,
        )
        for one in kept
    )
    db.session.flush()
    fact = db.session.get_one(Fact, fact_id)
    about = {"enterprise": enterprise_id, "side": actor.side, "year": fact.year, "code": fact.code}
    files, taken = db.session.execute(_BY_NOW, about).one()
    if files > MOST_FILES:
        raise Refused(_("At most %(n)d files can be attached.", n=MOST_FILES), field="files")
    refuse_full(taken, side=actor.side)


def take_away(file: FactFile, *, actor: Actor) -> None:
    """Take a file off a figure again, and off the disk.

    Raises Refused for a file of the other side, Conflict once the zone has decided with it there.
    """
    if file.side != actor.side:
        raise Refused(_("Only the side that attached a file can remove it."))
    fact = db.session.get_one(Fact, file.fact_id)
    decided = sa.exists().where(
        Fact.enterprise_id == fact.enterprise_id,
        Fact.year == fact.year,
        Fact.code == fact.code,
        Fact.source == Source.DECISION,
        Fact.at > file.at,
    )
    if db.session.scalar(sa.select(decided)):
        raise Conflict(_("The figure was decided with this file there, so it stays."))
    gone = sa.delete(FactFile).where(FactFile.id == file.id).returning(FactFile.storage_name)
    forget_with_rows(db.session.scalars(gone).all())
