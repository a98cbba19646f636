"""Who needs a second factor, how codes are read, and what a browser says of itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from service_portal.access.actor import Role
from service_portal.kernel.words import Words

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
    ("MicroMessenger", Words("WeChat", "微信")),
    ("DingTalk", Words("DingTalk", "钉钉")),
    ("Lark|Feishu", Words("Lark", "飞书")),
    ("HuaweiBrowser", Words("Huawei Browser", "华为浏览器")),
    ("MiuiBrowser", Words("Mi Browser", "小米浏览器")),
    ("MQQBrowser|QQBrowser", Words("QQ Browser", "QQ 浏览器")),
    ("UCBrowser", Words("UC Browser", "UC 浏览器")),
    ("Edg(?:e|A|iOS)?/", Words("Edge", "Edge")),
    ("OPR/|Opera", Words("Opera", "Opera")),
    ("SamsungBrowser", Words("Samsung Internet", "三星浏览器")),
    ("Firefox|FxiOS", Words("Firefox", "Firefox")),
    ("Chrome|CriOS|Chromium", Words("Chrome", "Chrome")),
    ("Safari", Words("Safari", "Safari")),
)
_SYSTEMS = (
    ("HarmonyOS|OpenHarmony", Words("HarmonyOS", "鸿蒙")),
    ("Android", Words("Android", "安卓")),
    ("iPhone|iPod", Words("iPhone", "iPhone")),
    ("iPad", Words("iPad", "iPad")),
    ("Windows", Words("Windows", "Windows")),
    ("CrOS", Words("ChromeOS", "ChromeOS")),
    ("Macintosh|Mac OS X", Words("Mac", "Mac")),
    ("Linux|X11", Words("Linux", "Linux")),
)
_UNKNOWN = Words("A browser that does not say its name", "未表明名称的浏览器")


def device_of(agent: str) -> Words:
    """Say in words which browser on which system sent this User-Agent."""
    browser, system = _first(_BROWSERS, agent), _first(_SYSTEMS, agent)
    if browser is None:
        return system or _UNKNOWN
    if system is None:
        return browser
    return Words(f"{browser.en} on {system.en}", f"{system.zh} 上的 {browser.zh}")


def _first(names: Iterable[tuple[str, Words]], agent: str) -> Words | None:
    return next((words for pattern, words in names if re.search(pattern, agent)), None)
