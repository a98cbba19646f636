"""What every request says, whatever the service: one declaration for the page's form, the API,
drafts, what is sent again and what is kept of what was said before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from service_portal.catalogue.forms import LONG_LENGTH, TITLE_LENGTH
from service_portal.tickets.moves.fields import Field, Flag, Line, Phone, Text
from service_portal.web.translations import Later
from service_portal.web.translations import later as _l

_NEEDED = _l("Fill this in.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the person has written, already checked against the service's form.

    `consent` lets an institution read it.
    """

    title: str
    description: str
    contact_name: str
    contact_phone: str
    urgent: bool
    answers: dict[str, Any]
    consent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that is asked for.

    `part` names it where it is told what changed; several with the same are told together.
    `group` is where it stands on the form: before the service's own questions, in the pair of
    whom to call, or last. `fills` is what a browser may fill in. `for_pool` is asked where an
    institution may deliver.
    """

    field: Field
    part: Later
    group: str
    fills: str = "off"
    for_pool: bool = False

    @property
    def name(self) -> str:
        """Give its name on the form, in drafts, in the API and of the ticket."""
        return self.field.name


ASKED: tuple[Asked, ...] = (
    Asked(
        field=Line(
            name="title",
            label=_l("What is it about, in one line"),
            most=TITLE_LENGTH,
            required=_NEEDED,
            about="what it is about, in one line",
        ),
        part=_l("Title"),
        group="first",
    ),
    Asked(
        field=Text(
            name="description",
            label=_l("Tell us more"),
            most=LONG_LENGTH,
            rows=5,
            required=_NEEDED,
        ),
        part=_l("Description"),
        group="first",
    ),
    Asked(
        field=Line(
            name="contact_name",
            label=_l("Contact person"),
            most=100,
            required=_NEEDED,
        ),
        part=_l("Contact"),
        group="contact",
        fills="name",
    ),
    Asked(
        field=Phone(
            name="contact_phone",
            label=_l("Phone"),
            most=40,
            required=_NEEDED,
        ),
        part=_l("Contact"),
        group="contact",
        fills="tel",
    ),
    Asked(
        field=Flag(
            name="urgent",
            label=_l("It is urgent: the business stands still without it"),
        ),
        part=_l("Urgent"),
        group="last",
    ),
    Asked(
        field=Flag(
            name="consent",
            label=_l("You may share this request with the institution that will handle it"),
            default=True,
            about=(
                "whether the institution that will handle it may read the request; without it, no"
                " institution is asked"
            ),
        ),
        part=_l("An institution may read it"),
        group="last",
        for_pool=True,
    ),
)
NAMES = tuple(one.name for one in ASKED)


def asked_in(group: str) -> tuple[Asked, ...]:
    """Give what is asked for in a part of the form."""
    return tuple(one for one in ASKED if one.group == group)
