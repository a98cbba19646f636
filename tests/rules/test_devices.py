"""A browser is named in words its owner knows, whatever else it claims to be."""

from __future__ import annotations

import pytest

from service_portal.access.actor import Role
from service_portal.accounts.rules import needs_second_factor
from service_portal.accounts.words import say_device
from tests.spoken import in_both

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
ANDROID = "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) "
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.mark.parametrize(
    ("agent", "en", "zh"),
    [
        (WINDOWS + "Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows", "Windows 上的 Edge"),
        (WINDOWS + "Chrome/130.0 Safari/537.36", "Chrome on Windows", "Windows 上的 Chrome"),
        (IPHONE + "Version/18.1 Safari/604.1", "Safari on iPhone", "iPhone 上的 Safari"),
        (IPHONE + "Mobile MicroMessenger/8.0.53", "WeChat on iPhone", "iPhone 上的 微信"),
        (ANDROID + "Chrome/126.0 DingTalk/7.6", "DingTalk on Android", "安卓 上的 钉钉"),
        (FIREFOX, "Firefox on Linux", "Linux 上的 Firefox"),
        ("curl/8.5.0", "A browser that does not say its name", "未表明名称的浏览器"),
        ("", "A browser that does not say its name", "未表明名称的浏览器"),
    ],
)
def test_a_device_is_said_in_words(agent: str, en: str, zh: str) -> None:
    assert in_both(lambda: say_device(agent)) == (en, zh)


@pytest.mark.parametrize("role", Role)
def test_only_those_who_change_what_all_rely_on_need_a_second_factor(role: Role) -> None:
    needed = role in {Role.ADMINISTRATOR, Role.MANAGER}
    assert needs_second_factor([Role.ENTERPRISE_OWNER, role], demo=False) is needed
    assert needs_second_factor([role], demo=True) is False
