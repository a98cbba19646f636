"""The timeline in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from service_portal.kernel.words import Words
from service_portal.tickets.choices import DECLINES, DESK_WORDS, HOLDS, OUTCOMES, REFUSALS
from service_portal.tickets.delivery_rules import CHANNELS, REASONS
from service_portal.tickets.rules import VERDICT_WORDS, Verdict
from service_portal.web.formatting import language, localized, when


def name_of(line: Any) -> str:
    """Name who acted or wrote, in the reader's language; the name of then where the person is not
    known any more.
    """
    return localized(line, "person") or str(line.name)


def say_entry(
    line: Any, names: dict[tuple[str, int], Any], *, counts: bool = True, internal: bool = False
) -> str:
    """Say a line of the timeline in the reader's language.

    Without `counts`, nothing of how the zone counts its deliveries, which is no matter of the
    enterprise's; with `internal`, also what the staff tell each other.
    """
    data = line.data

    def name(kind: str) -> str:
        known = names.get((kind, data.get(f"{kind}_id")))
        return localized(known) if known is not None else ""

    def staff_only(text: str) -> str:
        return f" – {text}" if internal and text else ""

    if line.kind == "contact":
        return _contact(data, counts=counts)
    if line.kind == "rung":
        return _rung(data)
    sentence = {
        "file": lambda: _filed(data),
        "route": lambda: _("sent to %(station)s", station=name("station")),
        "assign": lambda: (
            _("given to %(member)s", member=name("member")) + staff_only(data.get("reason", ""))
        ),
        "release": lambda: _("taken from %(member)s, who has left", member=name("member")),
        "accept": lambda: _("accepted"),
        "refuse": lambda: _with(_("not accepted"), REFUSALS, data),
        "return": lambda: _("asked for more: %(words)s", words=data.get("words", "")),
        "resubmit": lambda: _("sent what was missing"),
        "dispatch": lambda: (
            _("offered to %(institution)s", institution=name("institution"))
            + staff_only(data.get("reason", ""))
        ),
        "pick_up": lambda: _("took it for %(institution)s", institution=name("institution")),
        "bounce": lambda: _bounce(line.role, name("institution"), data),
        "consent": lambda: _(
            "noted that the enterprise agrees to share the request with an institution"
        ),
        "start": lambda: _("began the work"),
        "hold": lambda: _with(_("paused"), HOLDS, data),
        "resume": lambda: _("went on"),
        "hand_over": lambda: _hand_over(data, name("station"), internal=internal),
        "answer": lambda: _answer(data, counts=counts),
        "confirm": lambda: _confirm(data),
        "verdict": lambda: _commented(
            _("says of the result: %(verdict)s", verdict=_verdict(data)), data
        ),
        "redo": lambda: _(
            "asked for the work to be done again: %(reason)s", reason=data.get("reason", "")
        ),
        "auto_close": lambda: _("closed, because nobody confirmed; not rated"),
        "reopen": lambda: _("opened again: %(reason)s", reason=data.get("reason", "")),
        "merge": lambda: _merge(data, names),
        "merge_in": lambda: _merge_in(data, names),
        "archive": lambda: _("archived"),
        "withdraw": lambda: _and(_("withdrew the request"), data.get("reason", "")),
    }.get(line.kind)
    return sentence() if sentence else line.kind


def _verdict(data: dict[str, Any]) -> str:
    said = data.get("verdict")
    return VERDICT_WORDS[Verdict(said)].pick(language()) if said else ""


def _confirm(data: dict[str, Any]) -> str:
    verdict = _verdict(data)
    return _commented(
        (
            _("confirmed and closed: %(verdict)s", verdict=verdict)
            if verdict
            else _("confirmed the result")
        ),
        data,
    )


def _commented(said: str, data: dict[str, Any]) -> str:
    return f"{said} – {data['comment']}" if data.get("comment") else said


def _and(said: str, more: str) -> str:
    return _("%(said)s: %(more)s", said=said, more=more) if more else said


def _with(said: str, reasons: Mapping[str, Words], data: dict[str, Any]) -> str:
    """Say an act with the reason that was chosen for it and the words that were added."""
    chosen = reasons.get(data.get("reason", ""))
    named = chosen.pick(language()) if chosen else ""
    return _and(said, " – ".join(filter(None, [named, data.get("words")])))


def _filed(data: dict[str, Any]) -> str:
    how = DESK_WORDS.get(data.get("channel", ""))
    return _("filed the request") + (f" ({how.pick(language())})" if how else "")


def _hand_over(data: dict[str, Any], station: str, *, internal: bool) -> str:
    said = _and(_("handed over to %(station)s", station=station), data.get("words", ""))
    reason = data.get("reason", "")
    return (
        _("%(said)s (for staff: %(reason)s)", said=said, reason=reason)
        if internal and reason
        else said
    )


def _answer(data: dict[str, Any], *, counts: bool) -> str:
    outcome = OUTCOMES.get(data.get("outcome", ""))
    said = _and(_("answered"), outcome.pick(language()) if outcome else "")
    if data.get("evidence"):
        said += " · " + _("what proves it: %(evidence)s", evidence=data["evidence"])
    channel = CHANNELS.get(data.get("channel", ""))
    if counts and channel:
        said += f" · {channel.pick(language())}"
    if counts and data.get("minutes"):
        said += ", " + _("%(n)d min", n=data["minutes"])
    return said


def _merge(data: dict[str, Any], names: Mapping[tuple[str, int], Any]) -> str:
    if ("ticket", data.get("into_id", 0)) not in names:
        return _("merged into another request of the enterprise, where it goes on")
    return _("merged into %(reference)s, where it goes on", reference=data.get("into", ""))


def _merge_in(data: dict[str, Any], names: Mapping[tuple[str, int], Any]) -> str:
    if ("ticket", data.get("from_id", 0)) not in names:
        return _("another request of the enterprise was merged into this")
    return _("%(reference)s was merged into this", reference=data.get("from", ""))


def _bounce(role: str, institution: str, data: dict[str, Any]) -> str:
    code = data.get("reason", "")
    known = DECLINES.get(code)
    reason = known.pick(language()).lower() if known else _("no answer in time")
    why = " – ".join(filter(None, [reason, data.get("comment")]))
    if role == "system":
        return _("not taken by %(institution)s: %(reason)s", institution=institution, reason=why)
    return _("did not take it for %(institution)s: %(reason)s", institution=institution, reason=why)


def _contact(data: dict[str, Any], *, counts: bool) -> str:
    channel = CHANNELS[data["channel"]].pick(language()) if data.get("channel") in CHANNELS else ""
    said = _(
        "%(channel)s, %(minutes)d min: %(summary)s",
        channel=channel,
        minutes=data.get("minutes", 0),
        summary=data.get("summary", ""),
    )
    more = []
    if data.get("started_at"):
        more.append(_("began %(when)s", when=when(datetime.fromisoformat(data["started_at"]))))
    if data.get("attendees", 1) > 1:
        more.append(_("%(n)d people", n=data["attendees"]))
    if counts and data.get("evidence"):
        more.append(_("what proves it: %(evidence)s", evidence=data["evidence"]))
    if counts and not data.get("countable", True) and data.get("why") in REASONS:
        more.append(_("not counted: %(why)s", why=REASONS[data["why"]].pick(language())))
    return " · ".join([said, *more])


def _rung(data: dict[str, Any]) -> str:
    clock = {
        "accept": _("acceptance"),
        "contact": _("the first contact"),
        "resolve": _("the answer"),
        "offer": _("the institution's answer"),
    }.get(data.get("clock", ""), "")
    rung = data.get("rung", "")
    if rung == "remind":
        return _("reminded: half of the time for %(what)s is used", what=clock)
    if rung == "yellow":
        return _("yellow light: %(what)s is nearly due", what=clock)
    if rung == "red":
        return _("red light: %(what)s is late", what=clock)
    return _(
        "supervision level %(level)s: %(what)s is overdue",
        level=rung.removeprefix("level"),
        what=clock,
    )
