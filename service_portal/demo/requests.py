"""What an enterprise of the demo writes into a request; filing makes a ticket of it as of any."""

from __future__ import annotations

from datetime import datetime
from random import Random

from service_portal.access.actor import Actor
from service_portal.catalogue.queries import CurrentService
from service_portal.demo import talk
from service_portal.demo.answers import answers_for
from service_portal.demo.asking import title_of
from service_portal.demo.zone import Company
from service_portal.filing.queries import EnterpriseFacts
from service_portal.filing.services import opening_of
from service_portal.kernel.clock import zone_time
from service_portal.sla.queries import Published
from service_portal.tickets.asked import Request
from service_portal.tickets.opening import Opening


def request_of(
    random: Random,
    company: Company,
    service: CurrentService,
    *,
    title: str | None,
    park_code: str,
    by: Published,
    now: datetime,
) -> Opening:
    """Invent a request and give the ticket that it makes; `title` is one that was used before."""
    definition, contact = service.definition, company.contact
    title = title or title_of(random, service.code, company.chinese)
    zh, en = random.choice(talk.DESCRIPTIONS)
    today = now.astimezone(zone_time()).date()
    answers = answers_for(definition, random, today=today, chinese=company.chinese)
    channel = random.choices(("web", "desk", "api"), weights=(86, 10, 4))[0]
    name = contact.name.zh if company.chinese else contact.name.en
    request = Request(
        title=title,
        description=zh if company.chinese else en,
        contact_name=name,
        contact_phone=company.phone,
        urgent=random.random() < 0.06,
        answers=answers,
        consent=definition.delivered_by != "both" or random.random() < 0.9,
    )
    return opening_of(
        request,
        actor=Actor(role=contact.role, person_id=contact.person_id, name=name),
        enterprise=EnterpriseFacts(
            id=company.id,
            name_en=company.name.en,
            name_zh=company.name.zh,
            park_id=company.park_id,
            park_code=park_code,
            active=True,
        ),
        service=service,
        channel=channel,
        by=by,
        now=now,
        demo=True,
    )
