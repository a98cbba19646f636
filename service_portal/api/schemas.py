"""The bodies and queries that the API reads."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from marshmallow import RAISE, Schema

from service_portal.api.fields import (
    MOST,
    PAGE,
    AnswersField,
    Cursor,
    Flag,
    Line,
    Moment,
    Month,
    Number,
    OneOf,
    Phone,
    Statuses,
    Text,
    absent,
)
from service_portal.catalogue.forms import LONG_LENGTH, TITLE_LENGTH
from service_portal.reviewing.words import GROUPS


class Body(Schema):
    """What is read: a JSON object or an address, in which nothing unknown may stand."""

    class Meta:
        unknown = RAISE

    error_messages = {  # noqa: RUF012
        "unknown": _l("There is no such field."),
        "type": _l("Send a JSON object."),
    }


class Search(Body):
    """Which services are asked for."""

    category = Text(20, "code of a category")
    q = Text(100, "words in Chinese or English")


class Filing(Body):
    """A request of an enterprise."""

    service = Text(20, "code of the service", required=True)
    title = Line(TITLE_LENGTH, "what it is about, in one line", required=True)
    description = Text(LONG_LENGTH, required=True)
    contact_name = Line(100, required=True)
    contact_phone = Phone(40, required=True)
    urgent = Flag(load_default=False)
    consent = Flag(
        load_default=True,
        metadata={
            "description": (
                "whether the institution that will handle it may read the request; without it, no"
                " institution is asked"
            )
        },
    )
    answers = AnswersField(
        load_default=dict,
        metadata={"description": "answers to the service's own questions, by their keys"},
    )
    enterprise = Text(
        18, "social credit code of the enterprise; only for those who file on behalf of one"
    )
    channel = OneOf(
        ("desk", "phone", "visit"),
        "how the enterprise came; only for those who file on behalf of one",
        load_default="desk",
    )


class Lines(Body):
    """A page of a ticket's history."""

    cursor = Cursor(datetime, str, int)
    limit = Number(1, MOST, "lines on a page", in_address=True, load_default=PAGE)


class Filters(Body):
    """Which tickets are asked for, newest first."""

    status = Statuses()
    service = Text(20, "code of a service")
    category = Text(20, "code of a category")
    station = Text(40, "code or id of a station")
    institution = Number(0, about="id of an institution", in_address=True, load_default=absent)
    since = Moment("filed at or after this moment or day")
    until = Moment("filed before this moment or day")
    late = Flag(load_default=absent, metadata={"description": "past a deadline, or not"})
    urgent = Flag(load_default=absent)
    q = Text(100, "words of the title, the enterprise or the reference")
    cursor = Cursor(int)
    limit = Number(1, MOST, "tickets on a page", in_address=True, load_default=PAGE)


class Counting(Body):
    """Which usage is asked for."""

    group_by = OneOf(GROUPS, "what the rows stand for", load_default="station")
    from_ = Month(
        first=True, about="first month; without it, eleven months before the last", data_key="from"
    )
    to = Month(first=False, about="last month, included; without it, the present one")
    station = Text(40, "code or id of a station")
    institution = Number(
        0,
        about="id of an institution; 0 is the stations themselves",
        in_address=True,
        load_default=absent,
    )
    park = Text(40, "code or id of a park")
    category = Text(20, "code of a category")
