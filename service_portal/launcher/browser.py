"""The browser of the tests: Debian's chromium and a font with Chinese, installed where that is
possible.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from service_portal.launcher.steps import Trouble, run, say, step

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-wqy-microhei", "fontconfig")


def find_browser() -> dict[str, str]:
    """Give what the tests must know: PORTAL_BROWSER, the program, or PORTAL_BROWSER_SKIP_REASON,
    said loudly.
    """
    reason = ""
    if _program() is None or not _has_chinese():
        reason = _install()
    path = _program()
    if path is None:
        reason = reason or "no chromium was found after installing it"
        say(f"\n  !! The browser tests are SKIPPED: {reason}\n")
        return {"PORTAL_BROWSER_SKIP_REASON": reason}
    if not _has_chinese():
        say(
            "  Note: no font on this machine has Chinese characters; pictures of pages will show"
            " boxes in their place."
        )
    return {"PORTAL_BROWSER": path}


def _program() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _has_chinese() -> bool:
    if shutil.which("fc-list") is None:
        return False
    return bool(
        subprocess.run(
            ["fc-list", ":lang=zh"], capture_output=True, text=True, check=False
        ).stdout.strip()
    )


def _install() -> str:
    """Install browser and font as root on Debian; give the reason why not."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return (
            "chromium and a Chinese font are missing. On Debian: sudo apt-get install"
            f" {' '.join(PACKAGES)}"
        )
    try:
        with step("installing chromium and a Chinese font"):
            env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", "update"], capture_output=True, env=env, check=False)
            run(
                ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES],
                env=env,
                trouble="chromium could not be installed.",
            )
    except Trouble as trouble:
        return " ".join(str(trouble).split())
    return ""
