"""Every value that the launcher keeps in a home is decided: it belongs to the zone and is backed
up, or to this home and its servers.
"""

from __future__ import annotations

import ast

from service_portal.launcher.archives import KEPT
from service_portal.launcher.roles import ROLES
from tests.architecture.source import calls, ours

# What belongs to this home and its servers: a backup leaves it out.
SERVERS_OWN = (
    "valkey-",
    "database-password",
    "postgres-",
    "portal_owner-",
    "portal_app-",
    "demo-accounts",
    "seeded-",
    "last-backup",
)


def test_every_kept_value_is_the_zones_or_the_servers() -> None:
    names = {f"{role}-password" for role in ROLES}
    for path in ours(".py", below="service_portal/launcher"):
        for called, call in calls(path):
            if called.split(".")[-1] not in {"secret", "kept", "keep"} or not call.args:
                continue
            name = call.args[0]
            if isinstance(name, ast.Constant):
                names.add(str(name.value))
    undecided = {name for name in names if name not in KEPT and not name.startswith(SERVERS_OWN)}
    assert not undecided, (
        f"say in service_portal/launcher/archives.py or here whether a backup holds {undecided}"
    )
    assert len(names) > len(ROLES), "the names were not found where they are kept"
