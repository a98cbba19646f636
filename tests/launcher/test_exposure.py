"""A demo zone is refused to other machines unless that is said, and a real one never."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service_portal.launcher.exposure import check_exposure, is_local, reachable_by
from service_portal.launcher.place import ROOT
from service_portal.launcher.steps import Trouble

OUTSIDE = [
    ("0.0.0.0", {}, "--host 0.0.0.0"),
    ("::", {}, "--host ::"),
    ("192.0.2.7", {}, "--host 192.0.2.7"),
    ("127.0.0.1", {"BASE_URL": "https://zone.example.org"}, "BASE_URL=https://zone.example.org"),
    ("127.0.0.1", {"TRUSTED_HOSTS": "localhost, zone.example.org"}, "TRUSTED_HOSTS=localhost"),
    ("127.0.0.1", {"PROXIES": "1"}, "PROXIES=1"),
]
INSIDE = {
    "BASE_URL": "http://localhost:8080",
    "TRUSTED_HOSTS": "localhost,127.0.0.1",
    "PROXIES": "0",
}


@pytest.mark.parametrize(("host", "given", "named"), OUTSIDE)
def test_each_way_in_from_elsewhere_is_named(host: str, given: dict[str, str], named: str) -> None:
    with pytest.raises(Trouble, match="button for each role") as refused:
        check_exposure(host=host, given=given, is_meant=False)
    assert named in str(refused.value) and "--public-demo" in str(refused.value)
    check_exposure(host=host, given=given, is_meant=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.10", "demo.localhost"])
def test_this_machine_alone_is_no_way_in(host: str) -> None:
    assert is_local(host) and reachable_by(host=host, given=INSIDE) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [((), {}), (("--empty",), {"DEMO": "true"})],
    ids=["a demo", "a real zone with a demo's sign-in"],
)
def test_a_demo_for_everybody_does_not_start_by_itself(
    tmp_path: Path, words: tuple[str, ...], said: dict[str, str]
) -> None:
    home = tmp_path / "home"
    ran = subprocess.run(
        [sys.executable, str(ROOT / "portal"), "up", "--host", "0.0.0.0", *words],
        env={"PATH": os.environ["PATH"], "PORTAL_HOME": str(home), **said},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1 and "--public-demo" in ran.stdout
    assert not home.exists()
