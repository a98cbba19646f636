"""Reads the form of a request: what it says, and which files it takes."""

from __future__ import annotations

from service_portal.catalogue.forms import RequestForm, answers_of
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.filing import services
from service_portal.tickets.attachments import SIGNATURES

FILE_ENDINGS = ",".join(f".{ending}" for ending in SIGNATURES)


def request_of(definition: ServiceDefinition, form: RequestForm) -> services.Request:
    """Make the request a valid form says."""
    return services.Request(
        title=form.title.data or "",
        description=form.description.data or "",
        contact_name=form.contact_name.data or "",
        contact_phone=form.contact_phone.data or "",
        urgent=bool(form.urgent.data),
        answers=answers_of(definition, form),
        consent=bool(form.consent.data),
    )
