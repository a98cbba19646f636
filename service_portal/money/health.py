"""How long is the money ledger, and does what can be seen at a glance agree?"""

from __future__ import annotations

from service_portal.ledger.health import health_of
from service_portal.money.models import MONEY

HEALTH = (health_of(MONEY, part="money", place=61),)
