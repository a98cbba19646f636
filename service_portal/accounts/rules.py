"""Who needs a second factor, how codes are read, and what a browser says of itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from service_portal.access.actor import Role

# Who can change what everybody else relies on.
NEEDS_SECOND_FACTOR = frozenset({Role.ADMINISTRATOR, Role.MANAGER})


def needs_second_factor(roles: Iterable[str], *, demo: bool) -> bool:
    """Say whether somebody with these roles may act only after a second factor;
    in a demo nobody.
    """
    return not demo and not NEEDS_SECOND_FACTOR.isdisjoint(roles)


def plain_code(typed: str) -> str:
    """Give a code without what people add when they type it from paper: spaces, dashes,
    capitals.
    """
    return re.sub(r"[\s-]", "", typed).lower()


# The first that is found counts: most browsers also call themselves by the names below theirs.
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Lark|Feishu", "Lark"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("MQQBrowser|QQBrowser", "QQ Browser"),
    ("UCBrowser", "UC Browser"),
    ("Edg(?:e|A|iOS)?/", "Edge"),
    ("OPR/|Opera", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox|FxiOS", "Firefox"),
    ("Chrome|CriOS|Chromium", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS|OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone|iPod", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh|Mac OS X", "Mac"),
    ("Linux|X11", "Linux"),
)


def device_of(agent: str) -> tuple[str, str]:
    """Name the browser and the system that sent this User-Agent, each empty when it is unknown."""
    return _first(_BROWSERS, agent), _first(_SYSTEMS, agent)


def _first(names: Iterable[tuple[str, str]], agent: str) -> str:
    return next((name for pattern, name in names if re.search(pattern, agent)), "")
