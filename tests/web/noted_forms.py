"""Every form with which people and administrative data are changed, as a person fills it in."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.accounts.invitations import invite
from service_portal.accounts.models import Membership
from service_portal.accounts.tokens import make_token
from service_portal.directory.models import EnterpriseExclusion
from service_portal.kernel.db import db
from service_portal.routing.models import RoutingRule
from service_portal.sla.models import Calendar
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise, create_institution
from tests.factories.directory import station as station_of
from tests.web.test_catalogue_editing import page_of

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Form:
    """What is posted where, and what the entry then says."""

    path: Callable[[Any], str]
    said: Callable[[Any], dict[str, Any]]
    kind: str
    changes: dict[str, list[Any]] = field(default_factory=dict)


def _first(model: Any) -> Any:
    return db.session.scalars(sa.select(model).order_by(model.id).limit(1)).one()


def first_station(_client: Any) -> str:
    return f"/admin/directory/stations/{station_of('ST05').id}"


def station_said(_client: Any) -> dict[str, Any]:
    made = station_of("ST05")
    return {
        "code": made.code,
        "name_zh": made.name_zh,
        "name_en": "Gaoming",
        "address": "",
        "phone": "0757-1",
        "active": "yes",
        "position": "5",
        "parks": "GM",
        "categories": "FIN",
    }


def _exclusion(_client: Any) -> str:
    made = EnterpriseExclusion(
        enterprise_id=create_enterprise().id, institution_id=create_institution().id
    )
    db.session.add(made)
    db.session.commit()
    return f"/admin/directory/exclusions/{made.id}/remove"


def _file(text: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), "x.csv"


def _rule_said(_client: Any) -> dict[str, Any]:
    station_id = station_of("ST05").id
    return {
        "name_zh": "规则",
        "name_en": "A rule",
        "station_id": station_id,
        "categories": "FIN",
        "active": "y",
    }


def _rule(act: str = "") -> Callable[[Any], str]:
    return lambda _client: f"/admin/routing/{_first(RoutingRule).id}{act}"


def _calendar(act: str) -> Callable[[Any], str]:
    return lambda _client: f"/admin/calendars/{_first(Calendar).id}/{act}"


def _with_factor(client: Any) -> str:
    person = create_person()
    person.tf_primary_method, person.tf_totp_secret = "authenticator", "x"
    db.session.commit()
    return f"/admin/people/{person.id}/reset-second-factor"


def _person(_client: Any) -> str:
    made = create_person()
    db.session.commit()
    return f"/admin/people/{made.id}/active"


def _membership(_client: Any) -> str:
    made = Membership(person_id=create_person().id, role=Role.AUDITOR)
    db.session.add(made)
    db.session.commit()
    return f"/organisation/people/{made.id}/end"


def _invitation(client: Any) -> str:
    made, _secret = invite(actor=client.actor, email="a@example.org", role="auditor", now=AT)
    db.session.commit()
    return f"/organisation/invitations/{made.id}/revoke"


def _token(client: Any) -> str:
    make_token(actor=client.actor, name="program", days=5, now=AT)
    db.session.commit()
    found = sa.text("SELECT max(id) FROM api_token")
    return f"/settings/tokens/{db.session.scalar(found)}/revoke"


def at(path: str) -> Callable[[Any], str]:
    return lambda _client: path


def says(**said: Any) -> Callable[[Any], dict[str, Any]]:
    return lambda _client: said


WEEK = {f"day{day}": "09:00-12:00" for day in range(7)}
ANYTHING = ...
FORMS: dict[str, Form] = {
    "directory.new_entry": Form(
        at("/admin/directory/parks/new"),
        says(code="ZZ", name_zh="新园", name_en="New", active="yes"),
        "directory_changed",
        {"code": [None, "ZZ"], "name_en": [None, "New"]},
    ),
    "directory.edit_entry": Form(
        first_station,
        station_said,
        "directory_changed",
        {"name_en": ["Gaoming Station", "Gaoming"], "phone": ["", "0757-1"]},
    ),
    "directory.remove_entry": Form(
        _exclusion, says(), "directory_changed", {"institution_id": [ANYTHING, None]}
    ),
    "directory.edit_zone": Form(
        at("/admin/zone"),
        says(name_zh="新区", name_en="Another zone"),
        "directory_changed",
        {"name_en": ["High-tech Zone", "Another zone"]},
    ),
    "directory.take_in": Form(
        at("/admin/directory/parks/import"),
        lambda _client: {"act": "take", "file": _file("code,name_en\nGM,Gaoming Park 2\n")},
        "directory_changed",
        {"name_en": ["Gaoming Park", "Gaoming Park 2"]},
    ),
    "catalogue.new_service": Form(
        at("/admin/services/new"),
        lambda _client: {**page_of("FIN-01"), "code": "FIN-99", "category": "FIN"},
        "catalogue_changed",
        {"active": [None, True]},
    ),
    "catalogue.edit_service": Form(
        at("/admin/services/POL-03"),
        lambda _client: {**page_of("POL-03"), "effort_points": "9"},
        "catalogue_changed",
        {"effort_points": [ANYTHING, 9]},
    ),
    "catalogue.switch_service": Form(
        at("/admin/services/POL-03/active"), says(), "catalogue_changed", {"active": [True, False]}
    ),
    "catalogue.new_category": Form(
        at("/admin/categories/new"),
        says(code="NEW", name_zh="新", name_en="New", icon="coin", position="40"),
        "catalogue_changed",
        {"code": [None, "NEW"]},
    ),
    "catalogue.edit_category": Form(
        at("/admin/categories/POL"),
        says(code="POL", name_zh="政策", name_en="Policies 2", icon="coin", position="1"),
        "catalogue_changed",
        {"name_en": [ANYTHING, "Policies 2"]},
    ),
    "routing.new_rule": Form(
        at("/admin/routing/new"), _rule_said, "rule_changed", {"name_en": [None, "A rule"]}
    ),
    "routing.edit_rule": Form(
        _rule(), _rule_said, "rule_changed", {"conditions": [ANYTHING, {"categories": ["FIN"]}]}
    ),
    "routing.move_rule": Form(
        _rule("/down"), says(), "rule_changed", {"position": [ANYTHING, ANYTHING]}
    ),
    "routing.switch_rule": Form(
        _rule("/switch"), says(), "rule_changed", {"active": [True, False]}
    ),
    "sla.add_calendar": Form(
        at("/admin/calendars"),
        says(code="half", calendar_zh="半周", calendar_en="Half"),
        "calendar_changed",
        {"code": [None, "half"]},
    ),
    "sla.change_hours": Form(
        _calendar("hours"), says(**WEEK), "calendar_changed", {"weekly": [ANYTHING, ANYTHING]}
    ),
    "sla.change_day": Form(
        _calendar("days"), says(day="2026-12-31", kind="off"), "calendar_changed"
    ),
    "sla.set_official": Form(
        _calendar("2030/official"),
        says(official="1", source="a notice"),
        "calendar_changed",
        {"source": [None, "a notice"]},
    ),
    "accounts.switch_person": Form(
        _person, says(active="0"), "person_changed", {"active": [True, False]}
    ),
    "factor.reset": Form(
        _with_factor, says(), "factor_changed", {"tf_primary_method": ["authenticator", None]}
    ),
    "accounts.organisation": Form(
        at("/organisation/people"),
        says(email="b@example.org", role="auditor"),
        "invited",
        {"email": [None, "b@example.org"], "role": [None, "auditor"]},
    ),
    "accounts.end_membership": Form(
        _membership, says(), "role_ended", {"ended_at": [None, ANYTHING]}
    ),
    "accounts.revoke_invitation": Form(
        _invitation, says(), "invitation_revoked", {"revoked_at": [None, ANYTHING]}
    ),
    "accounts.resend_invitation": Form(
        lambda client: _invitation(client).replace("/revoke", "/resend"),
        says(),
        "invited",
        {"expires_at": [ANYTHING, ANYTHING]},
    ),
    "accounts.settings": Form(
        at("/settings"),
        says(name_zh="新名", name_en="New Name", locale="en", phone="0757-2"),
        "person_changed",
        {"name_en": ["Lin Wei", "New Name"]},
    ),
    "accounts.add_token": Form(
        at("/settings/tokens"), says(name="a program", days="5", scopes="read"), "token_made"
    ),
    "accounts.revoke_token": Form(
        _token, says(), "token_revoked", {"revoked_at": [None, ANYTHING]}
    ),
}
