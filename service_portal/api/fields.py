"""Fields of what the API reads: each refuses what does not fit with a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields

from service_portal.catalogue.forms import LONG_LENGTH, plain
from service_portal.tickets.rules import OPEN, Status
from service_portal.web.paging import decode
from service_portal.web.reading import BREAK, BREAKS, CONTROLS

LARGEST = 2**63 - 1
# Which texts, texts that are needed, and phone numbers fit.
WRITABLE = f"^[^{CONTROLS}]*$"
SOMETHING = rf"^[^{CONTROLS}\S\x85]*[^{CONTROLS}\s\x85][^{CONTROLS}]*$"
ONE_LINE = f"^[^{BREAKS}]*$"
LINE_OF_SOMETHING = rf"^[^{BREAKS}\S]*[^{BREAKS}\s][^{BREAKS}]*$"
CALLABLE = rf"^[^{BREAKS}0-9]*(?:[0-9][^{BREAKS}0-9]*){{5,}}$"
PAGE, MOST = 50, 200
REQUIRED = {"required": _l("Fill this in."), "null": _l("Fill this in.")}


def absent() -> None:
    """Stand for what an address leaves out.

    A value instead of this would be shown as a default, and null be allowed.
    """


class Text(fields.String):
    """A text, stripped at its ends, at most so long; not empty when it is required."""

    default_error_messages = {**REQUIRED, "invalid": _l("Write a text.")}

    def __init__(self, most: int = LONG_LENGTH, about: str = "", *, required: bool = False) -> None:
        self.most = most
        shape = {
            "maxLength": most,
            "pattern": self.pattern(required=required),
            **({"minLength": 1} if required else {}),
            **({"description": about} if about else {}),
        }
        absent: Any = {} if required else {"load_default": ""}
        super().__init__(required=required, metadata=shape, **absent)

    def pattern(self, *, required: bool) -> str:
        """Say in the document which texts fit."""
        return SOMETHING if required else WRITABLE

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        text = plain(value)
        if self.required and not text:
            raise ValidationError(_("Fill this in."))
        if len(text) > self.most:
            raise ValidationError(_("Keep this under %(max)d characters.", max=self.most))
        return text


class Line(Text):
    """A text of one line."""

    def pattern(self, *, required: bool) -> str:
        """Say in the document which texts fit."""
        return LINE_OF_SOMETHING if required else ONE_LINE

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if BREAK.search(text):
            raise ValidationError(_("Write this in one line."))
        return text


class Phone(Line):
    """A number that can be called."""

    def pattern(self, *, required: bool) -> str:
        """Say in the document which numbers fit."""
        return CALLABLE

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if sum(c.isdigit() for c in text) < 5:
            raise ValidationError(_("Give a phone number with at least five digits."))
        return text


class OneOf(fields.String):
    """One of some words."""

    default_error_messages = {**REQUIRED, "invalid": _l("Write a text.")}

    def __init__(self, allowed: Iterable[str], about: str = "", **kwargs: Any) -> None:
        self.allowed = [str(one) for one in allowed]
        said = [*self.allowed, *([None] if kwargs.get("allow_none") else [])]
        metadata = {"enum": said, **({"description": about} if about else {})}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str) or value not in self.allowed:
            raise ValidationError(_("Choose from: %(choices)s.", choices=", ".join(self.allowed)))
        return value


class Flag(fields.Boolean):
    """True or false; `true` or `false` as text in an address."""

    default_error_messages = {**REQUIRED, "invalid": _l("Answer true or false.")}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        known = {True: True, False: False, "true": True, "false": False}
        if not isinstance(value, bool | str) or value not in known:
            raise self.make_error("invalid")
        return known[value]


class Number(fields.Integer):
    """A whole number within limits; in an address written in digits."""

    default_error_messages = {**REQUIRED, "invalid": _l("Write a whole number.")}

    def __init__(
        self,
        least: int,
        most: int = LARGEST,
        about: str = "",
        *,
        in_address: bool = False,
        **kwargs: Any,
    ) -> None:
        self.least, self.most, self.in_address = least, most, in_address
        shape = {"minimum": least, "maximum": most, **({"description": about} if about else {})}
        super().__init__(metadata=shape, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if self.in_address and isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            # JSON knows one kind of number: 5.0 is the whole number 5.
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.make_error("invalid")
        if not self.least <= value <= self.most:
            raise ValidationError(
                _("It must be from %(min)d to %(max)d.", min=self.least, max=self.most)
            )
        return value


class Statuses(fields.Field[list[str]]):
    """Some statuses, separated by commas; `open` stands for all that are not ended."""

    def __init__(self) -> None:
        about = (
            f"Separated by commas: {', '.join(Status)}; `open` stands for all that are not ended."
        )
        one = f"(?:open|{'|'.join(Status)})"
        super().__init__(
            load_default=absent,
            metadata={
                "type": "string",
                "description": about,
                "examples": ["open"],
                "pattern": f"^ *{one}(?: *, *{one})* *$",
            },
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[str]:
        wanted = [part.strip() for part in value.split(",")]
        if not set(wanted) <= {*Status, "open"}:
            raise ValidationError(
                _("Choose from: %(choices)s.", choices=", ".join(["open", *Status]))
            )
        return sorted({status for one in wanted for status in (OPEN if one == "open" else [one])})


class Cursor(fields.Field[list[Any]]):
    """Where a page begins: `next_cursor` of the one before."""

    def __init__(self, *kinds: type) -> None:
        self.kinds = kinds
        super().__init__(
            load_default=absent,
            metadata={
                "type": "string",
                "description": "`next_cursor` of the page before",
                "pattern": "^[A-Za-z0-9_-]+$",
            },
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Any]:
        place = decode(value, *self.kinds)
        if place is None:
            raise ValidationError(
                _(
                    "This cursor is damaged. Take next_cursor of the page before, or leave it out"
                    " to begin again."
                )
            )
        return place


class AnswersField(fields.Dict):
    """What the service's own questions are answered with; checked against its definition
    afterwards.
    """

    default_error_messages = {**REQUIRED, "invalid": _l("Send a JSON object.")}
