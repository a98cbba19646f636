"""A product that may be broken: with an empty zone, a mail server that keeps everything, and nobody
else to disturb.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live import Live
from tests.mail_server import MailServer
from tests.reliability.zone import Zone, make_zone


@dataclass(frozen=True)
class Stage:
    """Where it is broken."""

    live: Live
    zone: Zone
    mail: MailServer


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A whole product for the tests marked `xdist_group("storm")`; each leaves it whole, or the
    next one fails.
    """
    with (
        tempfile.TemporaryDirectory(prefix="portal-storm-", dir="/tmp") as folder,
        MailServer() as mail,
    ):
        live = Live(
            Path(folder),
            demo=False,
            settings={"MAIL_URL": mail.url, "LOG_LEVEL": "WARNING", "FILINGS_PER_MINUTE": "0"},
        )
        try:
            yield Stage(live, make_zone(live), mail)
        finally:
            live.stop()
