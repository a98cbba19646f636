"""How every request is read: ids the database can hold, and texts without characters that nothing
can store or show.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from flask import Flask, Request, current_app
from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, ValidationError
from wtforms import Field, IntegerField, StringField
from wtforms.form import BaseForm
from wtforms.validators import Length, StopValidation
from wtforms.validators import ValidationError as ValidationFailed

from service_portal.web.marked_views import View, marked

LARGEST_ID = 2**63 - 1
# Control characters but tab and line ends, in the alphabet that patterns of Python and of JSON
# Schema share: PostgreSQL holds no NUL, and nobody types the others.
CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
CONTROL = re.compile(f"[{CONTROLS}]")

# What ends a line or moves in it, besides: a name, a title or a phone number has none of it, so
# that it can add no line to a letter. In the same alphabet.
BREAKS = r"\x00-\x1f\x7f\x85\u2028\u2029"
BREAK = re.compile(f"[{BREAKS}]")

# The cookies that the product sets. A request holds no others: what a library would read from one
# of its own opens nothing.
SESSION_COOKIE, LOCALE_COOKIE, KNOWN_BROWSER_COOKIE = "portal_session", "locale", "portal_known"
# Written by the page itself, when somebody chooses light or dark.
THEME_COOKIE = "theme"
COOKIES = {SESSION_COOKIE, LOCALE_COOKIE, KNOWN_BROWSER_COOKIE, THEME_COOKIE}

# The longest body of a form without files, and of the one form that may have a dozen long texts.
FORM_BYTES, LONG_FORM_BYTES = 256 * 1024, 1024 * 1024

# The names, or repetitions of names, in one address.
MOST_NAMES = 60
# The longest value by which an export is narrowed.
LONGEST_FILTER = 200

# Where pages take files. A file under another name stands where a text belongs, and no form of ours
# sends it.
UPLOADS = {"file", "files"}


class LineField(StringField):
    """A text of one line in a form. Every text that is no long one is one."""

    def post_validate(self, form: BaseForm, validation_stopped: bool) -> None:
        """Refuse what goes over the line."""
        if not validation_stopped and BREAK.search(self.data or ""):
            raise ValidationFailed(_("Write this in one line."))


class WholeNumberField(IntegerField):
    """A whole number in a form; one longer than any column holds is none, because what checks its
    range would break on it.
    """

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it."""
        super().process_formdata([text if len(text) <= 20 else "" for text in valuelist])


class AtMost(Length):
    """Refuses a text that is too long before anything looks at what it says; stands first."""

    def __call__(self, form: BaseForm, field: Field) -> None:
        """Look at its length, and end there when it is too long."""
        try:
            super().__call__(form, field)
        except ValidationFailed as error:
            raise StopValidation(*error.args) from error


class Id(IntegerConverter):
    """A whole number in an address; one that no column can hold is an address of nothing."""

    def to_python(self, value: str) -> int:
        """Read it.

        Its length is looked at first, because Python refuses to read thousands of digits.
        """
        if len(value) > 19 or int(value) > LARGEST_ID:
            raise ValidationError
        return int(super().to_python(value))


def takes_files(view: View) -> View:
    """Mark a view whose form carries files: it may be as large as several of the largest."""
    return marked(view, most_bytes=None)


def takes_up_to(most_bytes: int) -> Callable[[View], View]:
    """Mark a view whose form carries no files but may be longer than others."""

    def mark(view: View) -> View:
        return marked(view, most_bytes=most_bytes)

    return mark


class PlainRequest(Request):
    """A request whose query and form hold no control characters, and whose forms are forms.

    The API, which refuses controls by name, reads them as they come.
    """

    @property
    def max_content_length(self) -> int | None:
        """Say how long the body may be: what takes no files has no use for
        more than a long form.
        """
        view = current_app.view_functions.get(self.endpoint or "")
        most: int | None = getattr(view, "most_bytes", FORM_BYTES)
        if self._max_content_length is not None or most is None:
            return super().max_content_length
        return most

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    @property
    def is_json(self) -> bool:
        """Say whether the body is JSON; pages take forms only, so nothing that reads forms meets
        another shape.
        """
        return self.path.startswith("/api/") and super().is_json

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """Give the query: no more names than any page of ours knows, and of what narrows an export
        no more than anybody types, so that the log can hold all of it.
        """
        said = list(super().args.items(multi=True))[:MOST_NAMES]
        if getattr(current_app.view_functions.get(self.endpoint or ""), "exports", False):
            said = [(name, value.strip()[:LONGEST_FILTER]) for name, value in said]
        return self._plain(ImmutableMultiDict(said))

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """Give the cookies that the product sets."""
        return ImmutableMultiDict(
            (name, value) for name, value in super().cookies.items(multi=True) if name in COOKIES
        )

    def _load_form_data(self) -> None:
        if "form" not in self.__dict__:
            try:
                super()._load_form_data()
            except RequestEntityTooLarge:
                # Whoever looks once more, to say or to log what was refused, finds nothing.
                self.__dict__["form"] = self.__dict__["files"] = ImmutableMultiDict()
                raise
            self.__dict__["form"] = self._plain(self.__dict__["form"])
            self.__dict__["files"] = ImmutableMultiDict(
                (name, upload)
                for name, upload in self.__dict__["files"].items(multi=True)
                if name in UPLOADS
            )

    def _plain(self, said: MultiDict[str, str]) -> MultiDict[str, str]:
        if self.path.startswith("/api/v1/") or not any(
            CONTROL.search(text) for pair in said.items(multi=True) for text in pair
        ):
            return said
        return ImmutableMultiDict(
            (CONTROL.sub("", name), CONTROL.sub("", value))
            for name, value in said.items(multi=True)
        )


def init_reading(app: Flask) -> None:
    """Install them; before any route is added."""
    app.request_class = PlainRequest
    # A second slash is an address of nothing: where it would lead, the Host header says.
    app.url_map.merge_slashes = False
    app.url_map.converters["int"] = Id
