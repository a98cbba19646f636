"""The document of the API describes every route and is valid."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from service_portal.api.moves import MOVES


def test_the_document_describes_every_route(app: Flask, db_session: None) -> None:
    answer = app.test_client().get("/api/openapi.json")
    said = answer.get_json()
    assert answer.mimetype == "application/json" and said["openapi"].startswith("3.1")
    routes = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {
        (path, method)
        for path, item in said["paths"].items()
        for method in item
        if method != "parameters"
    } == routes
    text = json.dumps(said)
    for part in text.split('"$ref": "')[1:]:
        name = part.split('"')[0]
        where: Any = said
        for step in name.removeprefix("#/").split("/"):
            where = where[step]
    bodies = said["paths"]["/api/v1/tickets/{reference}/moves"]["post"]["requestBody"]["content"][
        "application/json"
    ]["schema"]
    assert len(bodies["oneOf"]) == len(MOVES)
    shapes_of_moves = {
        move: said["components"]["schemas"][name.rsplit("/", 1)[1]]
        for move, name in bodies["discriminator"]["mapping"].items()
    }
    assert {
        move: shape["properties"]["move"]["enum"] for move, shape in shapes_of_moves.items()
    } == {str(move): [str(move)] for move in MOVES}
    assert set(said["components"]["schemas"]["Problem"]["required"]) == set(
        said["components"]["schemas"]["Problem"]["properties"]
    ) - {"errors"}
    assert all(
        item[method]["summary"] and "default" in item[method]["responses"]
        for item in said["paths"].values()
        for method in item
        if method != "parameters"
    )
    assert said["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


def test_the_document_is_a_valid_openapi_document(app: Flask, db_session: None) -> None:
    said = app.test_client().get("/api/openapi.json").get_json()
    validate(said)
    with pytest.raises(OpenAPIValidationError):
        validate({**said, "paths": {"nothing": {}}})


def test_the_page_of_the_document(app: Flask, db_session: None) -> None:
    page = app.test_client().get("/api/docs")
    assert page.status_code == 200 and "api-docs.js" in page.get_data(as_text=True)
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";")
    )
    assert policy["script-src"] == "'self'" and policy["style-src"] == "'self'"
