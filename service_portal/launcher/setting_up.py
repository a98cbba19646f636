"""Makes what is missing before anything can run: virtual environment, libraries, front-end files,
translations, bytecode.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from service_portal.launcher.assets import make_assets
from service_portal.launcher.libraries import install, make_venv
from service_portal.launcher.place import ROOT, Place, checkout_lock
from service_portal.launcher.stamps import digest, done, glance, is_done
from service_portal.launcher.steps import run, step

CODE = ("config.py", "wsgi.py", "service_portal", "workers", "migrations")


@contextmanager
def readable() -> Iterator[None]:
    """Let what is made in the checkout be read by the user who runs the product:
    it is no secret.
    """
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def set_up(place: Place, *, tests: bool = False) -> None:
    """Bring everything up to date; what is there already costs a few milliseconds."""
    place.make()
    with checkout_lock(), readable():
        make_venv(place)
        install(place, tests=tests)
        make_assets(place, tests=tests)
        compile_translations(place)
        compile_code(place)


def compile_translations(place: Place) -> None:
    """Join the translations of all folders into the file the product reads."""
    store = ROOT / "service_portal" / "translations" / "zh"
    sources = sorted(store.glob("*.po"))
    mark, wanted = store / "LC_MESSAGES" / "made", digest(*sources)
    if not sources or (is_done(mark, wanted) and (store / "LC_MESSAGES" / "messages.mo").exists()):
        return
    with step("compiling the translations"):
        run(
            [place.python, "-m", "service_portal.web.translations", "compile"],
            cwd=ROOT,
            trouble="The translations could not be compiled.",
        )
    done(mark, wanted)


def compile_code(place: Place) -> None:
    """Compile the code once, so that processes of a user who may not write here start fast too."""
    mark, wanted = (
        place.venv / "compiled",
        glance(
            path
            for name in CODE
            for path in [ROOT / name, *(ROOT / name).rglob("*.py")]
            if path.suffix == ".py"
        ),
    )
    if is_done(mark, wanted):
        return
    with step("compiling the code"):
        run(
            [place.python, "-m", "compileall", "-q", *CODE],
            cwd=ROOT,
            trouble="The code could not be compiled; it is not whole or not valid Python.",
        )
    done(mark, wanted)
