"""How bodies and queries are read.

By marshmallow schemas, the same that the OpenAPI document shows, but not through webargs: a body is
read once, strictly, and every field that is wrong is named at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError

from service_portal.api.problems import Invalid, Unreadable
from service_portal.web.reading import CONTROLS

# Halves of characters can't be written in UTF-8.
_UNWRITABLE = re.compile(rf"[{CONTROLS}\ud800-\udfff]")


def read_json() -> Any:
    """Give the body.

    Raises Unreadable for what is no JSON in UTF-8, Invalid for text that can't be stored.
    """
    if not request.is_json:
        raise Unreadable(
            _("Send JSON, with the header “Content-Type: application/json”."), status=415
        )
    raw = request.get_data()
    try:
        said = json.loads(raw.decode(), parse_constant=_no_constant, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise Unreadable(_("The body is not valid JSON."), status=400) from error
    if b"\\u" in raw or b"\x7f" in raw:
        _check_text(said)
    return said


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in pairs:
        if name in said:
            raise Invalid([(_UNWRITABLE.sub("", name)[:100], _("Say this only once."))])
        said[name] = value
    return said


def _check_text(said: Any) -> None:
    waiting = [("", said)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str) and _UNWRITABLE.search(value):
            raise Invalid([(path, _("Leave out control characters."))])
        if isinstance(value, dict):
            if any(_UNWRITABLE.search(key) for key in value):
                raise Invalid([(path, _("Leave out control characters."))])
            waiting += [(f"{path}.{key}".lstrip("."), inner) for key, inner in value.items()]
        if isinstance(value, list):
            waiting += [(path, inner) for inner in value]


def read_query() -> dict[str, str]:
    """Give what the address asks for, each name once."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise Invalid([(name, _("Say this only once."))])
        if _UNWRITABLE.search(name + values[0]):
            raise Invalid([(_UNWRITABLE.sub("", name), _("Leave out control characters."))])
    return request.args.to_dict()


def fit(schema: Schema, said: Any) -> dict[str, Any]:
    """Give what was said as the schema knows it; raises Invalid naming every field that does not
    fit.
    """
    try:
        fitting: dict[str, Any] = schema.load(said)
    except ValidationError as error:
        # The library tells no types here.
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise Invalid(_named(messages)) from error
    return fitting


def _named(messages: Mapping[Any, Any], path: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in messages.items():
        place = path if key == "_schema" else f"{path}.{key}".lstrip(".")[:100]
        if isinstance(value, Mapping):
            found += _named(value, place)
        else:
            found.append((place, value[0] if isinstance(value, list) else value))
    return found
