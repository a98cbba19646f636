"""An enterprise's wishes over the API: which institutions are asked first, and which never."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.api.answers import answer
from service_portal.api.blueprint import v1
from service_portal.api.fields import Number, OneOf
from service_portal.api.schemas import Body
from service_portal.api.shapes import Numbered, Shape
from service_portal.directory.wished import wishes_of
from service_portal.directory.wishing import Wish, wish
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import current_actor, requires

SAID = [Wish.PREFER, Wish.EXCLUDE]


class WishLine(Shape):
    """An institution that an enterprise prefers or excludes."""

    institution = fields.Nested(Numbered)
    wish = fields.String(metadata={"enum": [str(one) for one in SAID]})


class Wishes(Shape):
    """What an enterprise wishes, the preferred institutions first."""

    wishes = fields.List(fields.Nested(WishLine))


class InstitutionWish(Body):
    """What is wished of an institution."""

    institution = Number(1, about="id of the institution", required=True)
    wish = OneOf(Wish, "`none` ends what was wished before", required=True)


@v1.get("/institution-wishes", tags=["services"])
@v1.response(200, Wishes)
@requires(Permission.INSTITUTION_CHOOSE)
def institution_wishes() -> Response:
    """List the institutions that the token's enterprise prefers and excludes."""
    return _all()


@v1.post("/institution-wishes", tags=["services"])
@v1.response(200, Wishes)
@requires(Permission.INSTITUTION_CHOOSE)
@v1.arguments(InstitutionWish)
def wish_of_institution(said: dict[str, Any]) -> Response:
    """Prefer an institution, exclude it, or neither.

    A preferred one is asked first where it can take the case, an excluded one is never asked.
    """
    with unit_of_work():
        wish(actor=current_actor(), institution_id=said["institution"], wish=said["wish"])
    return _all()


def _all() -> Response:
    enterprise_id = current_actor().enterprise_id
    assert enterprise_id is not None
    return answer(
        {
            "wishes": [
                {
                    "institution": {"id": row.id, "name": {"en": row.name_en, "zh": row.name_zh}},
                    "wish": row.wish,
                }
                for row in wishes_of(enterprise_id)
            ]
        }
    )
