"""The timeline in sentences: an act's own stand in its declaration, the portal's own here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service_portal.sla.codes import ClockKind, Rung
from service_portal.tickets.choices import DESK_WORDS
from service_portal.tickets.moves.registry import act_of
from service_portal.tickets.moves.sentences import Entry
from service_portal.web.formatting import localized
from service_portal.web.translations import gettext as _


def name_of(line: Any) -> str:
    """Name who acted or wrote, in the reader's language; the name of then where the person is not
    known any more.
    """
    return localized(line, "person") or str(line.name)


def entry_sentence(
    line: Any, names: dict[tuple[str, int], Any], *, counts: bool = True, internal: bool = False
) -> str:
    """Say a line of the timeline in the reader's language.

    Without `counts`, nothing of how the zone counts its deliveries; with `internal`, also what the
    staff write to each other.
    """
    act = act_of(line.kind)
    say = act.timeline if act is not None else _OF_THE_PORTAL.get(line.kind)
    if say is None:
        return str(line.kind)
    return say(Entry(line.role, line.data, names, counts, internal))


def _filed(entry: Entry) -> str:
    how = entry.words("channel", DESK_WORDS)
    return _("filed the request") + (f" ({how})" if how else "")


def _merged_in(entry: Entry) -> str:
    if not entry.knows("from_id"):
        return _("another request of the enterprise was merged into this")
    return _("%(reference)s was merged into this", reference=entry.text("from"))


def _split_off(entry: Entry) -> str:
    if not entry.knows("from_id"):
        return _("split this off another request of the enterprise")
    return _("split this off %(reference)s", reference=entry.text("from"))


def _rung(entry: Entry) -> str:
    clock = {
        "accept": _("acceptance"),
        "contact": _("the first contact"),
        "resolve": _("the answer"),
        "offer": _("the institution's answer"),
        "decision": _("the institution's decision"),
        "look_again": _("looking again"),
        "handle": _("its own time for the case"),
        "call_back": _("the call back to the enterprise"),
    }.get(entry.text("clock"), "")
    if entry.name("institution"):
        clock = _("%(institution)s: %(what)s", institution=entry.name("institution"), what=clock)
    rung = entry.text("rung")
    if rung == Rung.REMIND:
        return _("reminded: half of the time for %(what)s is used", what=clock)
    if rung == Rung.YELLOW:
        return _("yellow light: %(what)s is nearly due", what=clock)
    if rung == Rung.RED and entry.text("clock") == ClockKind.LOOK_AGAIN:
        return _("paused until today: to be looked at again")
    if rung == Rung.RED and entry.text("clock") == ClockKind.HANDLE:
        return _("%(institution)s: its own time is over", institution=entry.name("institution"))
    if rung == Rung.RED:
        return _("red light: %(what)s is late", what=clock)
    return _(
        "supervision level %(level)s: %(what)s is overdue",
        level=rung.removeprefix("level"),
        what=clock,
    )


def _lapsed(entry: Entry) -> str:
    institution = entry.name("institution")
    if entry.data.get("approved"):
        return _(
            "the approval of %(institution)s was not accepted in time", institution=institution
        )
    return _("%(institution)s did not answer in time", institution=institution)


_OF_THE_PORTAL: dict[str, Callable[[Entry], str]] = {
    "file": _filed,
    "route": lambda entry: _("sent to %(station)s", station=entry.name("station")),
    "release": lambda entry: _("taken from %(member)s, who has left", member=entry.name("member")),
    "consent": lambda entry: _(
        "noted that the enterprise agrees to share the request with an institution"
    ),
    "merge_in": _merged_in,
    "split_off": _split_off,
    "rung": _rung,
    "loan_lapsed": _lapsed,
    "extension_ended": lambda entry: (
        _("nobody decided in time: the request for a later day has lapsed")
        if entry.data.get("lapsed")
        else _("the request for a later day has ended with it")
    ),
    "auto_close": lambda entry: _("closed, because nobody confirmed; not rated"),
    "archive": lambda entry: _("archived"),
}
