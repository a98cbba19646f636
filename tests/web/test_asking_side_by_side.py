"""A zone that is older than asking several banks learns of it where its administrators look."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from service_portal.access.actor import Role
from service_portal.catalogue import queries, services
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from tests.signing_in import SignedIn, SignIn
from tests.web.markup import flat


@pytest.fixture
def admin(client_as: SignIn) -> Iterator[SignedIn]:
    """An administrator's browser; the catalogue is read anew."""
    queries.forget_services()
    yield client_as(Role.ADMINISTRATOR)
    queries.forget_services()


def ask_one_by_one(admin: SignedIn, code: str) -> None:
    """Let a service be as zones of the first release have it."""
    service = queries.get_service(code)
    assert service is not None
    raw = services.raw_definition(service.version_id) | {"delivered_by": "pool"}
    raw.pop("offers", None)
    services.publish_version(actor=admin.actor, service_code=code, raw=raw, note="", now=now())
    db.session.commit()


def test_a_new_zone_reads_nothing_of_it(admin: SignedIn) -> None:
    assert "offers=parallel" not in admin.get("/admin/services").text


def test_the_catalogue_opens_such_a_service_with_the_box_ticked(admin: SignedIn) -> None:
    ask_one_by_one(admin, "FIN-01")
    links = re.findall(
        r'href="(/admin/services/[^"]+offers=parallel)"', admin.get("/admin/services").text
    )
    assert links == ["/admin/services/FIN-01?offers=parallel"]
    assert re.search(r'value="parallel" checked', flat(admin.get(links[0]).text))
    assert not re.search(
        r'value="parallel" checked', flat(admin.get("/admin/services/FIN-01").text)
    )


def test_one_that_is_switched_off_is_not_named(admin: SignedIn) -> None:
    ask_one_by_one(admin, "FIN-01")
    services.set_active(service_code="FIN-01", active=False)
    db.session.commit()
    assert "offers=parallel" not in admin.get("/admin/services").text


def test_where_no_service_asks_several_the_products_say_so(admin: SignedIn) -> None:
    for code in ("FIN-01", "FIN-02", "FIN-03", "FIN-04"):
        ask_one_by_one(admin, code)
    page = admin.get("/loan-products").text
    assert "No service of the zone asks several institutions yet" in page
    assert 'href="/admin/services"' in page and "/loan-products/new" not in page
