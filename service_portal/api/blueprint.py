"""The blueprint of the API, and where its requests are read and its errors answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import sqlalchemy as sa
from flask_smorest import Blueprint
from marshmallow import Schema
from werkzeug.exceptions import HTTPException

from service_portal.api import problems
from service_portal.api.input import fit, read_json, read_query
from service_portal.api.tokens import identify
from service_portal.kernel.errors import Refused

View = Callable[..., Any]


class Reader:
    """Reads what a request says by a schema;
    stands where flask-smorest expects a webargs parser.
    """

    DEFAULT_VALIDATION_STATUS = 422

    def use_args(
        self, schema: Schema | type[Schema], *, location: str, **_options: Any
    ) -> Callable[[View], View]:
        """Give a view what the body (`json`) or the address (`query`) says,
        as its last argument.
        """
        made = schema() if isinstance(schema, type) else schema
        read = read_json if location == "json" else read_query

        def decorator(view: View) -> View:
            @wraps(view)
            def reading(*args: Any, **kwargs: Any) -> Any:
                return view(*args, fit(made, read()), **kwargs)

            return reading

        return decorator


class ApiBlueprint(Blueprint):
    """A blueprint of flask-smorest that reads strictly."""

    ARGUMENTS_PARSER = Reader()


v1 = ApiBlueprint("v1", __name__, url_prefix="/api/v1", description="Services, tickets and counts.")
v1.register_error_handler(Refused, problems.of_refusal)
v1.register_error_handler(HTTPException, problems.of_http)
v1.register_error_handler(sa.exc.DBAPIError, problems.of_database)
v1.register_error_handler(Exception, problems.broken)
v1.before_request(identify)
