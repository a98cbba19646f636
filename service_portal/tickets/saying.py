"""The timeline in sentences."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from service_portal.tickets.delivery_rules import CHANNELS, REASONS
from service_portal.tickets.rules import VERDICT_WORDS, Verdict
from service_portal.web.formatting import language, localized


def say_entry(line: Any, names: dict[tuple[str, int], Any], *, counts: bool = True) -> str:
    """Say a line of the timeline in the reader's language; without `counts`, nothing of how the zone counts its deliveries, which is no matter of the enterprise's."""
    data = line.data

    def name(kind: str) -> str:
        known = names.get((kind, data.get(f"{kind}_id")))
        return localized(known) if known is not None else ""

    if line.kind == "contact":
        return _contact(data, counts=counts)
    if line.kind == "rung":
        return _rung(data)
    sentence = {
        "file": lambda: _("filed the request"),
        "route": lambda: _("sent to %(station)s", station=name("station")),
        "assign": lambda: _("given to %(member)s", member=name("member")),
        "release": lambda: _("taken from %(member)s, who has left", member=name("member")),
        "accept": lambda: _("accepted"),
        "refuse": lambda: _("not accepted: %(words)s", words=data.get("words", "")),
        "return": lambda: _("asked for more: %(words)s", words=data.get("words", "")),
        "resubmit": lambda: _("sent what was missing"),
        "dispatch": lambda: _("offered to %(institution)s", institution=name("institution")),
        "pick_up": lambda: _("took it for %(institution)s", institution=name("institution")),
        "bounce": lambda: _bounce(line.role, name("institution"), bounce_reason(data.get("reason", ""))),
        "consent": lambda: _("noted that the enterprise agrees to share the request with an institution"),
        "start": lambda: _("began the work"),
        "hold": lambda: _("paused: %(words)s", words=data.get("words", "")),
        "resume": lambda: _("went on"),
        "hand_over": lambda: _("handed over to %(station)s: %(reason)s", station=name("station"), reason=data.get("reason", "")),
        "answer": lambda: _("answered"),
        "confirm": lambda: _confirm(data),
        "verdict": lambda: _("says of the result: %(verdict)s", verdict=_verdict(data)),
        "redo": lambda: _("asked for the work to be done again: %(reason)s", reason=data.get("reason", "")),
        "auto_close": lambda: _("closed, because nobody confirmed; not rated"),
        "reopen": lambda: _("opened again: %(reason)s", reason=data.get("reason", "")),
        "merge": lambda: _("merged into %(reference)s, where it goes on", reference=data.get("into", "")),
        "merge_in": lambda: _("%(reference)s was merged into this", reference=data.get("from", "")),
        "archive": lambda: _("archived"),
        "withdraw": lambda: _("withdrew the request"),
    }.get(line.kind)
    return sentence() if sentence else line.kind


def _verdict(data: dict[str, Any]) -> str:
    said = data.get("verdict")
    return VERDICT_WORDS[Verdict(said)].pick(language()) if said else ""


def _confirm(data: dict[str, Any]) -> str:
    verdict = _verdict(data)
    if verdict:
        return _("confirmed and closed: %(verdict)s", verdict=verdict)
    return _("confirmed the result")


def _bounce(role: str, institution: str, reason: str) -> str:
    if role == "system":
        return _("not taken by %(institution)s: %(reason)s", institution=institution, reason=reason)
    return _("did not take it for %(institution)s: %(reason)s", institution=institution, reason=reason)


def bounce_reason(code: str) -> str:
    """Name why an institution did not take a case."""
    return {
        "not_in_scope": _("not in scope"), "wrong_park": _("wrong park"), "information_missing": _("information is missing"),
        "no_qualification": _("no qualification"), "conflict": _("conflict of interest"), "no_capacity": _("no capacity"),
        "duplicate": _("duplicate"), "expired": _("no answer in time"),
    }.get(code, code)  # fmt: skip


def _contact(data: dict[str, Any], *, counts: bool) -> str:
    channel = CHANNELS[data["channel"]].pick(language()) if data.get("channel") in CHANNELS else ""
    said = _("%(channel)s, %(minutes)d min: %(summary)s", channel=channel, minutes=data.get("minutes", 0), summary=data.get("summary", ""))
    if counts and not data.get("countable", True) and data.get("why") in REASONS:
        said += " · " + _("not counted: %(why)s", why=REASONS[data["why"]].pick(language()))
    return said


def _rung(data: dict[str, Any]) -> str:
    clock = {"accept": _("acceptance"), "contact": _("the first contact"), "resolve": _("the answer"), "offer": _("the institution's answer")}.get(data.get("clock", ""), "")
    rung = data.get("rung", "")
    if rung == "remind":
        return _("reminded: half of the time for %(what)s is used", what=clock)
    if rung == "yellow":
        return _("yellow light: %(what)s is nearly due", what=clock)
    if rung == "red":
        return _("red light: %(what)s is late", what=clock)
    return _("supervision level %(level)s: %(what)s is overdue", level=rung.removeprefix("level"), what=clock)
