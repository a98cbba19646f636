"""Every file that comes in is looked at by a scanner, where the operator has set one: ClamAV, by
its own protocol.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Any

from flask import current_app, g
from flask_babel import gettext as _

from service_portal.kernel.errors import Refused
from service_portal.kernel.logs import log
from service_portal.web import scanner
from service_portal.web.guards import signed_in_actor
from service_portal.web.scan_turns import ScanTurns
from service_portal.web.scanner import ScannerAway
from service_portal.web.waiting import waiting_beside

# For all files of a request together, from the first byte to the last verdict.
SCAN_SECONDS = 30.0
PING_SECONDS, PING_KEPT_SECONDS = 1.0, 5.0
TURNS = ScanTurns()


class NotScanned(Refused):
    """A file that could not be looked at now."""

    status = 503


def scan(name: str, blocks: Iterable[bytes]) -> None:
    """Let the scanner look at a file, if one is set. Raises Refused when it finds something.

    When it is away, the file is refused for now, unless SCANNER_AWAY says otherwise. What it could
    not look at while it is awake is refused whatever that says: nobody chooses by their file that
    it is taken unchecked, or that others' are refused. It is asked between two units of work: while
    it looks, others have the place and the connection to the database.
    """
    url = current_app.config["SCANNER_URL"]
    if not url:
        return
    try:
        verdict = _verdict(url, name, blocks)
    except (OSError, ScannerAway) as error:
        log.error("a file could not be scanned", error=f"{type(error).__name__}: {error}")
        if current_app.config["SCANNER_AWAY"] == "accept":
            return
        sentence = _(
            "“%(name)s” can't be checked for viruses now, so it was not taken. "
            "Everything else stays; try again in some minutes.",
            name=name,
        )
        raise NotScanned(sentence, field="files") from error
    if verdict == "OK":
        return
    if verdict.endswith("FOUND"):
        log.warning("a file was refused by the scanner", found=verdict[:200])
        sentence = _(
            "The virus scanner found something in “%(name)s”, so it was not taken. "
            "Check your computer, make the file again from a clean copy, and send that.",
            name=name,
        )
        raise Refused(sentence, field="files", code="infected")
    if verdict.endswith("ERROR"):
        log.error("a file could not be scanned", error=verdict[:200])
        sentence = _(
            "The virus scanner can't look into “%(name)s”, so it was not taken. "
            "Save it in another format, unpacked and without a password, and send that.",
            name=name,
        )
        raise Refused(sentence, field="files", code="unscanned")
    sentence = _(
        "“%(name)s” is too large for the virus scanner, so it was not taken. "
        "Split it into smaller files.",
        name=name,
    )
    raise Refused(sentence, field="files", code="unscanned")


def _verdict(url: str, name: str, blocks: Iterable[bytes]) -> str:
    if TURNS.has_just_failed(url):
        raise ScannerAway("it has failed just now and is not asked")
    begun, actor = monotonic(), signed_in_actor()
    deadline: float = g.setdefault("scanned_until", begun + SCAN_SECONDS)
    with TURNS.taken(actor) as is_free:
        if not is_free:
            sentence = _(
                "Other files are being checked for viruses just now, so “%(name)s” was not taken. "
                "Everything else stays; try again in a moment.",
                name=name,
            )
            raise NotScanned(sentence, field="files")
        try:
            with waiting_beside():
                return scanner.verdict_of(url, blocks, deadline)
        except (OSError, ScannerAway) as error:
            if monotonic() >= deadline and deadline - begun <= SCAN_SECONDS / 2:
                # The files before it took most of the time: that is no fault of the scanner.
                sentence = _(
                    "Checking all files for viruses takes too long, so “%(name)s” was not taken. "
                    "Everything else stays; send fewer files at once.",
                    name=name,
                )
                raise NotScanned(sentence, field="files") from error
            with waiting_beside():
                is_up = scanner.is_awake(url, PING_SECONDS)
            if not is_up:
                TURNS.note_failed(url)
                raise
            log.error("a file could not be scanned", error=f"{type(error).__name__}: {error}")
            sentence = _(
                "“%(name)s” could not be checked for viruses, so it was not taken. Everything else "
                "stays; try again in some minutes, or split it into smaller files.",
                name=name,
            )
            raise NotScanned(sentence, field="files") from error


def is_awake() -> bool:
    """Say whether the scanner answers, or did some seconds ago; only where one is set."""
    url = current_app.config["SCANNER_URL"]
    if TURNS.has_just_failed(url):
        return False
    with waiting_beside():
        return TURNS.remembered(url, PING_KEPT_SECONDS, lambda: scanner.is_awake(url, PING_SECONDS))


def judge_scanner() -> dict[str, dict[str, Any]]:
    """Give the scanner's line of the status page; none where no scanner is set."""
    if not current_app.config["SCANNER_URL"]:
        return {}
    if is_awake():
        return {"scanner": {"status": "green", "detail": ""}}
    accepts = current_app.config["SCANNER_AWAY"] == "accept"
    detail = (
        _("does not answer; files are taken unchecked")
        if accepts
        else _("does not answer; no file is taken")
    )
    return {"scanner": {"status": "amber", "detail": detail}}
