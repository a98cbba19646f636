"""The OpenAPI document as a judge: whatever a program was answered in a test has to be what the
document says.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse


@cache
def document(app: Flask) -> dict[str, Any]:
    """Give the document."""
    said: dict[str, Any] = app.test_client().get("/api/openapi.json").get_json()
    return said


@cache
def _validator(app: Flask, pointer: str) -> Draft202012Validator:
    return Draft202012Validator(
        {**document(app), "$ref": pointer}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def _below(app: Flask, *steps: str) -> tuple[str, Any]:
    """Go down the document, through references, and give where that is and what stands there."""
    pointer, here = "#", document(app)
    for step in steps:
        pointer, here = f"{pointer}/{step.replace('~', '~0').replace('/', '~1')}", here[step]
        if "$ref" in here:
            return _below(
                app, *here["$ref"].removeprefix("#/").split("/"), *steps[steps.index(step) + 1 :]
            )
    return pointer, here


def operation_of(app: Flask, method: str, path: str) -> str | None:
    """Find the path of the document that a request went to, if it describes one."""
    described = (known for known, item in document(app)["paths"].items() if method.lower() in item)
    return next(
        (known for known in described if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)),
        None,
    )


def complaints(app: Flask, kind: str, value: Any, *steps: str) -> list[str]:
    """Say what does not fit in a value for which the document has a schema."""
    pointer, _schema = _below(app, *steps, "content", kind, "schema")
    return [error.message for error in _validator(app, pointer).iter_errors(value)]


def hold(app: Flask, method: str, path: str, sent: Any, answer: TestResponse) -> None:
    """Check status, headers and body of an answer, and that nothing was done which the document
    forbids to ask.
    """
    known = operation_of(app, method, path)
    if known is None:
        return
    operation = document(app)["paths"][known][method.lower()]
    status = str(answer.status_code)
    assert status in operation["responses"], (
        f"{method} {known} does not say that it may answer {status}"
    )
    here = ("paths", known, method.lower())
    said = _below(app, *here, "responses", status)[1]
    assert all(
        name in answer.headers
        for name, about in said.get("headers", {}).items()
        if about.get("required")
    )
    assert not (
        wrong := complaints(
            app, answer.mimetype or "", answer.get_json(), *here, "responses", status
        )
    ), wrong
    if answer.status_code < 300 and sent is not None:
        assert not (wrong := complaints(app, "application/json", sent, *here, "requestBody")), wrong
