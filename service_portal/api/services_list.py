"""The catalogue over the API: what the zone offers, and what each service asks and promises."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.api import schemas, shapes
from service_portal.api.answers import answer, both
from service_portal.api.blueprint import v1
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.queries import CurrentService
from service_portal.catalogue.rules import FieldDefinition
from service_portal.catalogue.search import search
from service_portal.kernel.errors import Missing
from service_portal.kernel.words import Words
from service_portal.web.guards import requires


def _words(words: Words | None) -> dict[str, str] | None:
    return {"en": words.en, "zh": words.zh} if words else None


def _line(service: CurrentService) -> dict[str, Any]:
    said = service.definition
    return {
        "code": service.code,
        "name": _words(said.name),
        "summary": _words(said.summary),
        "category": {"code": service.category.code, "name": both(service.category)},
        "delivered_by": said.delivered_by,
        "auto_accept": said.auto_accept,
        "version": service.version,
        "limits": {
            kind: {"amount": promise.amount, "unit": promise.unit}
            for kind, promise in said.limits.items()
        },
        "max_extension_working_days": said.max_extension_working_days,
    }


def _question(field: FieldDefinition) -> dict[str, Any]:
    return {
        "key": field.key,
        "type": field.type,
        "label": _words(field.label),
        "help": _words(field.help),
        "required": field.required,
        "choices": [
            {"value": choice.value, "name": _words(choice.words)} for choice in field.choices
        ],
        "minimum": field.minimum,
        "maximum": field.maximum,
    }


@v1.get("/services", tags=["services"])
@v1.response(200, shapes.Services)
@requires(Permission.CATALOGUE_READ)
@v1.arguments(schemas.Search, location="query")
def list_services(wanted: dict[str, Any]) -> Response:
    """List the services that can be asked for, in catalogue order, or what a search finds, best
    first.
    """
    active = [
        service
        for service in catalogue.active_services()
        if wanted["category"].upper() in ("", service.category.code)
    ]
    if wanted["q"]:
        by_code = {service.code: service for service in active}
        active = [
            by_code[match.definition.code]
            for match in search([service.definition for service in active], wanted["q"])
        ]
    return answer({"services": [_line(service) for service in active]})


@v1.get("/services/<code>", tags=["services"])
@v1.response(200, shapes.Service)
@requires(Permission.CATALOGUE_READ)
def show_service(code: str) -> Response:
    """Show a service with its questions, its promises and what proves its completion."""
    service = catalogue.get_service(code)
    if service is None or not service.active:
        raise Missing()
    said = service.definition
    more = {
        "providers": _words(said.providers),
        "evidence": _words(said.evidence),
        "count_basis": said.count_basis,
        "fields": [_question(field) for field in said.fields],
    }
    return answer({**_line(service), **more})
