"""The bodies and queries that the API reads."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from marshmallow import RAISE, Schema

from service_portal.api.dates import Moment, Month
from service_portal.api.fields import (
    MOST,
    PAGE,
    Cursor,
    Flag,
    Number,
    OneOf,
    Statuses,
    Text,
    absent,
)
from service_portal.reviewing.words import GROUPS


class Body(Schema):
    """What is read: a JSON object or an address, in which nothing unknown may stand."""

    class Meta:
        unknown = RAISE

    error_messages = {
        "unknown": _l("There is no such field."),
        "type": _l("Send a JSON object."),
    }


class Search(Body):
    """Which services are asked for."""

    category = Text(20, "code of a category")
    q = Text(100, "words in Chinese or English")


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


class Scoring(Body):
    """Which scores are asked for, the newest first."""

    scheme = Text(40, "code of a scheme")
    year = Number(2000, 2100, "year of the figures", in_address=True, load_default=absent)
    enterprise = Number(
        0,
        about="id of an enterprise, for the zone's own people",
        in_address=True,
        load_default=absent,
    )
    cursor = Cursor(int)
    limit = Number(1, MOST, "scores on a page", in_address=True, load_default=PAGE)


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
