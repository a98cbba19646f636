"""The forms of a ticket's acts after a refusal: what was typed and chosen stands in its place
again, and what is wrong below its field.

Functions for the templates. On most pages nothing was sent, and they answer at once: a ticket's
page asks them a hundred times.
"""

from __future__ import annotations

from typing import Any

from flask import g, request
from markupsafe import Markup


def again() -> dict[str, Any]:
    """Give the templates of a request the functions that know what was sent with it."""
    if request.method != "POST":
        return {
            "sent": _nothing,
            "typed": _usual,
            "picked": _usually,
            "wrong": _nothing,
            "marks": _nothing,
        }
    return {"sent": sent, "typed": typed, "picked": picked, "wrong": wrong, "marks": marks}


def _nothing(*_about: str) -> str:
    return ""


def _usual(_act: str, _name: str, usual: str = "") -> str:
    return usual


def _usually(_act: str, _name: str, value: Any, usual: str = "") -> str:
    return " selected" if usual == str(value) else ""


def sent(act: str) -> bool:
    """Say whether this act was sent, by the name its address begins with."""
    return request.method == "POST" and request.path.rsplit("/", 1)[1].startswith(act)


def typed(act: str, name: str, usual: str = "") -> str:
    """Give what was typed into a field of an act, else the usual."""
    return request.form.get(name, usual) if sent(act) else usual


def picked(act: str, name: str, value: Any, usual: str = "") -> str:
    """Mark the option that was chosen, else the usual one."""
    return " selected" if typed(act, name, usual) == str(value) else ""


def wrong(act: str, name: str) -> Markup | str:
    """Say below a field what is wrong with it."""
    if not _is_refused(act, name):
        return ""
    return Markup('<div class="field-error mb-2" id="{}-{}-error">{}</div>').format(
        act, name, g.refused.message
    )


def marks(act: str, name: str) -> Markup | str:
    """Tie a field that is wrong to the sentence about it."""
    if not _is_refused(act, name):
        return ""
    return Markup(' aria-invalid="true" aria-describedby="{}-{}-error"').format(act, name)


def _is_refused(act: str, name: str) -> bool:
    refused = g.get("refused")
    return refused is not None and refused.field == name and sent(act)
