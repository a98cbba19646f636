"""Two languages: which one a request speaks, and the keeping of the translations, one file a
folder.

`python -m service_portal.web.translations update | check | compile`. Messages are English in the
code; `translations/zh/<folder>.po` holds the Chinese of each folder, and `compile` joins them.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import Translations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel
from markupsafe import Markup

from service_portal.access.actor import Actor
from service_portal.web.language import language
from service_portal.web.reading import LOCALE_COOKIE

LOCALES = ("en", "zh")
# Messages as they are said: language, context, message.
_SAID: dict[tuple[str, str, str], str] = {}
_SHOWN: dict[tuple[str, str, str], Markup] = {}
PACKAGE = Path(__file__).resolve().parent.parent
TEMPLATES = PACKAGE.parent / "templates"
STORE = PACKAGE / "translations"
COMPILED = STORE / "zh" / "LC_MESSAGES" / "messages.mo"
KEYWORDS = {
    "_": None,
    "_l": None,
    "_lp": ((1, "c"), 2),
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
SHARED = {"layouts": "web", "macros": "web"}


class Key(NamedTuple):
    """A message as the files know it: a text, or one and many, and what tells it apart from
    another that is the same in English.
    """

    id: str | tuple[str, ...]
    context: str | None

    @property
    def singular(self) -> str:
        """Give the text by which it is found."""
        return self.id if isinstance(self.id, str) else self.id[0]


def _in_order(key: Key) -> tuple[str, str]:
    return str(key.id), key.context or ""


def init_babel(app: Flask) -> None:
    """Let every request speak the person's language, or their cookie's, or their browser's, or the
    default.
    """
    app.config["BABEL_DEFAULT_LOCALE"] = app.config["DEFAULT_LOCALE"]
    app.config["BABEL_DEFAULT_TIMEZONE"] = app.config["TIME_ZONE"]
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(STORE)
    Babel(app, locale_selector=_locale)
    app.jinja_env.globals["_"] = _shown


@cache
def _translations(spoken: str) -> NullTranslations:
    return Translations.load(str(STORE), [spoken])


def message_in(spoken: str, message: str, context: str = "") -> str:
    """Give a message in a language, looked up once; the context tells apart what is the same in
    English only.
    """
    words = _SAID.get((spoken, context, message))
    if words is None:
        known = _translations(spoken)
        words = known.pgettext(context, message) if context else known.gettext(message)
        _SAID[spoken, context, message] = words
    return words


def gettext(message: str, **values: Any) -> str:
    """Say a message in the reader's language, also where no application is; ten times as fast as
    Flask-Babel's, for what a list says of every row.
    """
    words = message_in(language(), message)
    return words % values if values else words


def pgettext(context: str, message: str, **values: Any) -> str:
    """Say a message that has another meaning elsewhere."""
    words = message_in(language(), message, context)
    return words % values if values else words


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """Say a message about a number of things, which is in it as `num`."""
    words = _translations(language()).ngettext(one, many, num)
    return words % {"num": num, **values}


def _shown(message: str, **values: Any) -> Markup:
    """Say a message in the reader's language as templates do; a page says a hundred."""
    words = _markup(language(), message, "")
    return words % values if values or "%" in words else words


def _markup(spoken: str, message: str, context: str) -> Markup:
    words = _SHOWN.get((spoken, context, message))
    if words is None:
        # Our own words; values are escaped as they go in.
        words = Markup(message_in(spoken, message, context))  # noqa: S704
        _SHOWN[spoken, context, message] = words
    return words


class Later:
    """A message of ours that is said in the language of whoever reads it."""

    __slots__ = ("context", "message")

    def __init__(self, message: str, context: str = "") -> None:
        self.message, self.context = message, context

    def __str__(self) -> str:
        """Say it."""
        return message_in(language(), self.message, self.context)

    def __html__(self) -> Markup:
        """Say it on a page."""
        return _markup(language(), self.message, self.context)

    def within(self, spoken: str) -> str:
        """Give it in a language."""
        return message_in(spoken, self.message, self.context)


def later(message: str) -> Later:
    """Keep a message that a declaration or a table holds; import it as `_l`, by which messages
    are found.
    """
    return Later(message)


def later_in(context: str, message: str) -> Later:
    """Keep a message that has another meaning elsewhere; import it as `_lp`."""
    return Later(message, context)


def _locale() -> str:
    actor: Actor | None = g.get("actor")
    if actor is not None:
        return actor.locale
    otherwise: str = current_app.config["DEFAULT_LOCALE"]
    if not has_request_context():
        return otherwise
    chosen = request.cookies.get(LOCALE_COOKIE)
    if chosen in LOCALES:
        return chosen
    return request.accept_languages.best_match(LOCALES) or otherwise


def messages() -> dict[str, dict[Key, list[str]]]:
    """Extract every message of code and templates: folder -> message -> where it stands."""
    found: dict[str, dict[Key, list[str]]] = defaultdict(dict)
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        _extract(path, "python", parts[0] if len(parts) > 1 else "app", found)
    for path in sorted(TEMPLATES.rglob("*.html")):
        folder = path.relative_to(TEMPLATES).parts[0]
        _extract(path, "jinja2.ext:babel_extract", SHARED.get(folder, folder), found)
    return found


def _extract(path: Path, method: str, folder: str, found: dict[str, dict[Key, list[str]]]) -> None:
    options = JINJA if path.suffix == ".html" else {}
    for _line, message, _comments, context in extract_from_file(
        method, str(path), keywords=KEYWORDS, options=options
    ):
        if message:
            found[folder].setdefault(Key(message, context), []).append(path.name)


def read(folder: str) -> Catalog:
    """Read the Chinese of a folder; an empty catalog when it has none yet."""
    path = STORE / "zh" / f"{folder}.po"
    if not path.exists():
        return Catalog(locale="zh", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale="zh")


def update(only: str | None = None) -> None:
    """Add new messages to the files, with nothing translated, and drop those that are gone."""
    for folder, ids in messages().items():
        if only and folder != only:
            continue
        old, new = read(folder), Catalog(locale="zh", charset="utf-8")
        for key in sorted(ids, key=_in_order):
            known = old.get(key.singular, key.context)
            new.add(key.id, known.string if known else None, context=key.context)
        path = STORE / "zh" / f"{folder}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, new, width=0, no_location=True, omit_header=True)


def problems() -> list[str]:
    """Name every message without Chinese, and every one that two folders say differently."""
    said: dict[tuple[str, str | None], tuple[str, object]] = {}
    wrong = []
    for folder, ids in sorted(messages().items()):
        catalog = read(folder)
        for key in sorted(ids, key=_in_order):
            entry = catalog.get(key.singular, key.context)
            text = entry.string if entry else None
            if not text or (isinstance(text, tuple) and not all(text)):
                wrong.append(f"{folder}: no Chinese for “{key.singular}”")
                continue
            other = said.setdefault((key.singular, key.context), (folder, text))
            if other[1] != text:
                wrong.append(f"{folder} and {other[0]} translate “{key.singular}” differently")
    return wrong


def compile_all() -> None:
    """Join the files of all folders into the one that the product reads."""
    joined = Catalog(locale="zh", charset="utf-8")
    for path in sorted((STORE / "zh").glob("*.po")):
        for entry in read(path.stem):
            if entry.id and entry.string:
                joined.add(entry.id, entry.string, context=entry.context)
    COMPILED.parent.mkdir(parents=True, exist_ok=True)
    part = COMPILED.with_suffix(".part")
    with part.open("wb") as file:
        write_mo(file, joined)
    part.replace(COMPILED)


def main(arguments: list[str]) -> int:
    """Run one of the three commands."""
    command, *rest = arguments or ["check"]
    if command == "update":
        update(rest[0] if rest else None)
    elif command == "compile":
        compile_all()
    elif command == "check":
        wrong = problems()
        print("\n".join(wrong) or "Every message is translated.")
        return 1 if wrong else 0
    else:
        print("usage: translations update [folder] | check | compile", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
