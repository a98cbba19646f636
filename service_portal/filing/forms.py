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
        answers=answers_of(definition, form), **{name: form[name].data for name in services.ASKED}
    )
