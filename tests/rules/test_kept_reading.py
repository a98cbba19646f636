"""Who goes on reading a ticket that is not theirs any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service_portal.access.actor import Actor, Role
from service_portal.access.permissions import Permission as P
from service_portal.access.policy import TicketFacts, can
from tests.rules.test_policy import actor


def test_whoever_filed_for_an_enterprise_reads_it_wherever_it_goes_and_acts_on_it_nowhere() -> None:
    elsewhere = TicketFacts(8, 1, 8, 80, on_behalf=True)
    for role in (Role.STATION_MEMBER, Role.STATION_LEAD):
        held = {permission for permission in P if can(actor(role), permission, elsewhere)}
        zone_wide = {P.CATALOGUE_READ, P.ACCOUNT_OWN, P.NOTIFICATION_OWN, P.TICKET_FILE_ON_BEHALF}
        assert held - zone_wide == {P.TICKET_LIST, P.TICKET_VIEW, P.TICKET_CONVERSATION}
    assert not can(actor(Role.STATION_MEMBER), P.TICKET_VIEW, TicketFacts(8, 1, 8, 80)), (
        "what one filed for oneself, as somebody of an enterprise, is that enterprise's"
    )
    assert not can(
        Actor(role=Role.STATION_MEMBER, station_id=7),
        P.TICKET_VIEW,
        TicketFacts(8, None, 8, 80, on_behalf=True),
    )


@pytest.mark.parametrize(
    "elsewhere",
    [
        TicketFacts(8, 2, 8, 80, former_station_ids=frozenset({7})),
        TicketFacts(8, 2, 8, 80, former_owner_ids=frozenset({70})),
    ],
    ids=["station", "owner"],
)
def test_whoever_had_it_reads_all_of_it_and_acts_on_it_nowhere(elsewhere: TicketFacts) -> None:
    for role in (Role.STATION_MEMBER, Role.STATION_LEAD):
        held = {permission for permission in P if can(actor(role), permission, elsewhere)}
        zone_wide = {P.CATALOGUE_READ, P.ACCOUNT_OWN, P.NOTIFICATION_OWN, P.TICKET_FILE_ON_BEHALF}
        assert held - zone_wide == {P.TICKET_VIEW, P.TICKET_CONVERSATION, P.TICKET_DECISIONS}
    stranger = replace(actor(Role.STATION_MEMBER), station_id=9, member_id=90)
    assert not can(stranger, P.TICKET_VIEW, elsewhere)
