"""How a ticket's state and light look wherever tickets stand: made once in each language, because a
list shows them a hundred times.
"""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup

from service_portal.tickets.rules import Status
from service_portal.tickets.words import LIGHT_WORDS, STATUS_WORDS
from service_portal.web.language import language

_CLASSES = ("", "near-word", "late-word")


def badge(status: str) -> Markup:
    """Give the mark of a status: a shape and its name."""
    return _badge(status, language())


@lru_cache
def _badge(status: str, spoken: str) -> Markup:
    mark = Markup(
        '<span class="state state-{}"><span class="state-shape" aria-hidden="true"></span>{}</span>'
    )
    return mark.format(status, STATUS_WORDS[Status(status)].within(spoken))


def light(number: int) -> Markup:
    """Give the mark of a light: 0 on time, 1 near due, 2 late; its name is read out and shown on
    hover.
    """
    return _light(number, language())


@lru_cache
def _light(number: int, spoken: str) -> Markup:
    word = LIGHT_WORDS[number].within(spoken)
    return Markup(
        '<span class="light light-{}" title="{}"><span class="visually-hidden">{}</span></span>'
    ).format(number, word, word)


def light_word(number: int) -> Markup:
    """Give a light with its name beside it; nothing for a ticket that is on time."""
    mark = Markup(
        '<span class="{}"><span class="light light-{}" aria-hidden="true"></span> {}</span>'
    )
    return mark.format(_CLASSES[number], number, LIGHT_WORDS[number]) if number else Markup("")
