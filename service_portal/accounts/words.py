"""The names of roles, of what tokens may do, and of browsers."""

from __future__ import annotations

from service_portal.access.actor import Role
from service_portal.access.scopes import TokenScope
from service_portal.accounts.rules import device_of
from service_portal.web.translations import Later
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l

ROLE_WORDS: dict[Role, Later] = {
    Role.ENTERPRISE_OWNER: _l("Enterprise owner"),
    Role.ENTERPRISE_STAFF: _l("Enterprise staff"),
    Role.STATION_MEMBER: _l("Station member"),
    Role.STATION_LEAD: _l("Station lead"),
    Role.INSTITUTION_LEAD: _l("Institution lead"),
    Role.INSTITUTION_WORKER: _l("Institution worker"),
    Role.MANAGER: _l("Zone manager"),
    Role.AUDITOR: _l("Auditor"),
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.SYSTEM: _l("System"),
}

SCOPE_WORDS: dict[TokenScope, Later] = {
    TokenScope.READ: _l("Read services and tickets"),
    TokenScope.WRITE: _l("File and act"),
    TokenScope.COUNTS: _l("Read counts"),
}


def role_name(role: str) -> str:
    """Name a role in the reader's language."""
    return str(ROLE_WORDS[Role(role)])


def scope_name(scope: str) -> str:
    """Say what a scope of a token allows, in the reader's language."""
    return str(SCOPE_WORDS[TokenScope(scope)])


# Browsers and systems that are called otherwise in Chinese.
DEVICE_WORDS: dict[str, Later] = {
    "WeChat": _l("WeChat"),
    "DingTalk": _l("DingTalk"),
    "Lark": _l("Lark"),
    "Huawei Browser": _l("Huawei Browser"),
    "Mi Browser": _l("Mi Browser"),
    "QQ Browser": _l("QQ Browser"),
    "UC Browser": _l("UC Browser"),
    "Samsung Internet": _l("Samsung Internet"),
    "HarmonyOS": _l("HarmonyOS"),
    "Android": _l("Android"),
}


def say_device(agent: str) -> str:
    """Say which browser on which system sent this User-Agent."""
    browser, system = (str(DEVICE_WORDS.get(name, name)) for name in device_of(agent))
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("A browser that does not say its name")
