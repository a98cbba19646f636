"""`./portal messages`: the translations, brought up to date with the code."""

from __future__ import annotations

import subprocess

from service_portal.launcher import setting_up
from service_portal.launcher.place import ROOT, Place


def messages(place: Place, _rest: list[str]) -> int:
    """Bring the translation files up to date with the code and name what lacks Chinese."""
    setting_up.set_up(place)
    tool = [str(place.python), "-m", "service_portal.web.translations"]
    with setting_up.readable():
        return subprocess.call([*tool, "update"], cwd=ROOT) or subprocess.call(
            [*tool, "check"], cwd=ROOT
        )
