"""An enterprise says which institutions it likes to be asked first, and which never."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from service_portal.access.actor import Actor
from service_portal.directory.models import (
    EnterpriseExclusion,
    EnterprisePreference,
    Institution,
    Standing,
)
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused

MOST_WISHES = 100


class Wish(StrEnum):
    """What an enterprise wishes of an institution."""

    PREFER = "prefer"
    EXCLUDE = "exclude"
    NONE = "none"


KEPT_IN: dict[Wish, type[EnterprisePreference | EnterpriseExclusion]] = {
    Wish.PREFER: EnterprisePreference,
    Wish.EXCLUDE: EnterpriseExclusion,
}


def wish(*, actor: Actor, institution_id: int, wish: str) -> Institution:
    """Let the actor's enterprise prefer an institution, exclude it, or wish nothing of it; what it
    wished before ends. Offers that are made stay.

    Raises Refused for what is no wish, no institution of the pool, or one wish too many.
    """
    enterprise_id = actor.enterprise_id
    assert enterprise_id is not None
    if wish not in set(Wish):
        raise Refused(_("Say whether you prefer it, exclude it or neither."), field="wish")
    institution = db.session.get(Institution, institution_id)
    if institution is None or (institution.status != Standing.ADMITTED and wish != Wish.NONE):
        raise Refused(_("Choose an institution of the pool."), field="institution")
    for kind, model in KEPT_IN.items():
        pair = {"enterprise_id": enterprise_id, "institution_id": institution.id}
        if kind != wish:
            db.session.execute(sa.delete(model).filter_by(**pair))
            continue
        many = sa.select(sa.func.count()).select_from(model).filter_by(enterprise_id=enterprise_id)
        if (db.session.scalar(many) or 0) >= MOST_WISHES:
            raise Refused(
                _("%(n)d institutions are the most. Remove one first.", n=MOST_WISHES),
                field="institution",
            )
        db.session.execute(insert(model).values(**pair).on_conflict_do_nothing())
    return institution
