"""How values are shown: names in the reader's language, moments in people's words, plain text with
links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal
from flask import Flask, url_for
from markupsafe import Markup, escape

from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.dates import say_clock, say_day, say_day_briefly, say_month
from service_portal.kernel.words import Words
from service_portal.web.amounts import brief_yuan, charted, charted_in, in_yuan, yuan
from service_portal.web.compact import Compact
from service_portal.web.language import language
from service_portal.web.translations import Later
from service_portal.web.translations import gettext as _

_LINK = re.compile(r"https?://[^\s<>\"'，。；、）】]+")


def localized(thing: Any, name: str = "name") -> str:
    """Give the text of a bilingual thing in the reader's language, the other language if that one
    is empty.
    """
    if thing is None:
        return ""
    if isinstance(thing, Words):
        return thing.pick(language())
    if isinstance(thing, Later):
        return str(thing)
    if isinstance(thing, dict):
        return str(thing.get(language()) or thing.get("en") or thing.get("zh") or "")
    first, second = ("zh", "en") if language() == "zh" else ("en", "zh")
    return getattr(thing, f"{name}_{first}", "") or getattr(thing, f"{name}_{second}", "") or ""


def choices(things: Any, key: str = "id") -> list[tuple[str, str]]:
    """Give what one can choose among, codes with their words or rows, as (value, words) to read."""
    known = isinstance(things, Mapping)
    pairs = things.items() if known else ((getattr(one, key), one) for one in things)
    return [(str(value), localized(one)) for value, one in pairs]


def when(at: datetime | None) -> str:
    """Say a moment in people's words: “today 14:02”, “Fri 27 Nov, 17:30”."""
    if at is None:
        return ""
    return say_moment(at.astimezone(zone_time()), _here())


def say_moment(
    local: datetime, here: datetime, *, say_day: Callable[[date, str, int], str] = say_day
) -> str:
    """Say a moment as seen from another of the same zone: “today 14:02”, “Fri 27 Nov, 17:30”,
    “2026年11月27日 周五 17:30”.
    """
    near = _near(local, here)
    if near:
        return near
    that_day = say_day(local.date(), language(), here.year)
    return _("%(day)s, %(clock)s", day=that_day, clock=say_clock(local.hour, local.minute))


def _near(local: datetime, here: datetime) -> str:
    days = local.toordinal() - here.toordinal()
    if not -1 <= days <= 1:
        return ""
    clock = say_clock(local.hour, local.minute)
    if days == 0:
        return _("today %(clock)s", clock=clock)
    if days == 1:
        return _("tomorrow %(clock)s", clock=clock)
    return _("yesterday %(clock)s", clock=clock)


def say_moment_briefly(local: datetime, here: datetime) -> str:
    """Say a moment for a narrow column: “today 14:02”, “23 Nov 16:29”, “11月23日 16:29”; the year
    when it is another one.
    """
    near = _near(local, here)
    if near:
        return near
    that_day = say_day_briefly(local.date(), language(), here.year)
    return f"{that_day} {say_clock(local.hour, local.minute)}"


def day(value: date | None) -> str:
    """Say a day: “Fri 27 Nov”, with the year when it is not this one."""
    return "" if value is None else say_day(value, language(), _here().year)


def short_day(value: date) -> str:
    """Say a day in a narrow column: “27 Nov”, with the year when it is not this one."""
    return say_day_briefly(value, language(), _here().year)


def month(value: date) -> str:
    """Say a month: “Nov 2026”, “2026年11月”."""
    return say_month(value, language())


def _here() -> datetime:
    return now().astimezone(zone_time())


def exact(at: datetime | None) -> str:
    """Give the exact local moment, for hovering."""
    return _exact(at.astimezone(zone_time())) if at else ""


def _exact(local: datetime) -> str:
    return local.isoformat(" ", "seconds")[:19]


def moment(at: datetime | None) -> Markup:
    """Give a `<time>` element: people's words with the exact moment on hover."""
    if at is None:
        return Markup("")
    local = at.astimezone(zone_time())
    return _time(at, local, say_moment(local, _here()))


def brief(at: datetime | None) -> Markup:
    """Give a `<time>` element for a narrow column: “today 14:02”, “23 Nov 16:29”."""
    if at is None:
        return Markup("")
    local = at.astimezone(zone_time())
    return _time(at, local, say_moment_briefly(local, _here()))


def _time(at: datetime, local: datetime, words: str) -> Markup:
    text = f'<time datetime="{at.isoformat()}" title="{_exact(local)}">{words}</time>'
    return Markup(text)  # noqa: S704 – numbers, and day names of our own


def plain_text(text: str | None) -> Markup:
    """Show plain text safely: escaped, line breaks kept, http and https addresses as links."""
    source, parts, last = text or "", [], 0
    for match in _LINK.finditer(source):
        parts.append(escape(source[last : match.start()]))
        parts.append(
            Markup(
                '<a href="{0}" rel="nofollow noopener noreferrer" target="_blank">{0}</a>'
            ).format(match.group())
        )
        last = match.end()
    parts.append(escape(source[last:]))
    return Markup("").join(parts).replace("\r\n", "\n").replace("\n", Markup("<br>"))


def number(value: float | Decimal) -> str:
    """Say a number with its thousands apart and its decimals as they are."""
    return _number(value, language())


@lru_cache(maxsize=4096)
def _number(value: float | Decimal, locale: str) -> str:
    return format_decimal(value, locale=locale, decimal_quantization=False)


def hours(minutes: int) -> str:
    """Say minutes as hours and minutes, such as 633:20: exact, so that rows add up to their sum."""
    whole, left = divmod(abs(minutes), 60)
    return f"{'−' if minutes < 0 else ''}{number(whole)}:{left:02}"


def listed(texts: Iterable[str]) -> str:
    """Say several things one after the other: “a, b”, “a、b”."""
    return _(", ").join(texts)


def joined(sentences: Iterable[str]) -> str:
    """Say sentences one after the other; Chinese has no space between them."""
    return ("" if language() == "zh" else " ").join(sentences)


def filesize(size: int) -> str:
    """Say a size in kB or MB."""
    if size >= 1_048_576:
        return f"{format_decimal(size / 1_048_576, '0.0', locale=language())} MB"
    return f"{max(1, round(size / 1024))} kB"


def dialled(phone: str) -> str:
    """Give a number as a phone dials it: its digits, and the plus before a country's."""
    return "".join(sign for sign in phone if sign.isdigit() or sign == "+")


@lru_cache(maxsize=256)
def _fingerprint(path: Path) -> str | None:
    """Give a digest of a file, taken once: static files change only with the code, which is started
    anew.
    """
    return sha256(path.read_bytes()).hexdigest()[:10] if path.exists() else None


def init_formatting(app: Flask) -> None:
    """Give the templates the filters and globals."""
    app.jinja_env.add_extension(Compact)
    for function in (
        localized,
        choices,
        when,
        day,
        month,
        exact,
        moment,
        brief,
        plain_text,
        filesize,
        hours,
        number,
        yuan,
        brief_yuan,
        charted,
        in_yuan,
        dialled,
        short_day,
    ):
        app.add_template_filter(function)
    app.add_template_filter(lambda one, other: {**one, **other}, "merged")

    static = Path(app.static_folder or "")

    @app.template_global()
    @lru_cache(maxsize=256)
    def asset(filename: str) -> str:
        """Give the address of a static file, with a fingerprint so that it may
        be cached for ever.
        """
        return url_for("static", filename=filename, v=_fingerprint(static / filename))

    @app.template_global()
    @lru_cache(maxsize=256)
    def icon(name: str) -> Markup:
        """Give a picture out of the sheet of icons."""
        return Markup(
            '<svg class="icon" width="20" height="20" fill="none" stroke="currentColor"'
            ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
            ' aria-hidden="true"><use href="{}#{}"></use></svg>'
        ).format(asset("vendor/icons.svg"), name)

    app.template_global("charted_in")(charted_in)
    app.template_global("language")(language)
    app.template_global("now")(now)
