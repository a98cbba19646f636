"""How a service is said: its times, its questions with their answers, what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from service_portal.catalogue.definition_rules import FIELD_TYPES, Fault
from service_portal.catalogue.rules import FieldDefinition, Promise, ServiceDefinition
from service_portal.kernel.dates import say_date
from service_portal.kernel.reasons import Reason
from service_portal.web.formatting import listed, localized, number
from service_portal.web.language import language
from service_portal.web.translations import Later, ngettext
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l

PARTS: dict[str, Later] = {
    "name": _l("Name"),
    "summary": _l("Summary"),
    "evidence": _l("Evidence"),
    "providers": _l("Who delivers"),
    "accept": _l("Accepted"),
    "contact": _l("First contact"),
    "resolve": _l("Answer"),
    "offer": _l("Institution's answer"),
}
TYPE_WORDS: dict[str, Later] = {
    "text": _l("one line"),
    "longtext": _l("several lines"),
    "number": _l("number"),
    "money": _l("sum of money"),
    "date": _l("date"),
    "choice": _l("one of a list"),
    "choices": _l("several of a list"),
    "yesno": _l("yes or no"),
}
BASIS_WORDS: dict[str, Later] = {
    "contact": _l("contacts: an advice is given"),
    "case": _l("cases: the ticket ends with evidence"),
    "event": _l("persons: people come to an event or a booking"),
    "case+finance": _l("cases of loan services"),
}


def allowed_time(promise: Promise) -> str:
    """Say a promised time."""
    return _TIMES[promise.unit](promise.amount)


_TIMES: dict[str, Callable[[int], str]] = {
    "wh": lambda n: ngettext("%(num)d working hour", "%(num)d working hours", n),
    "wd": lambda n: ngettext("%(num)d working day", "%(num)d working days", n),
    "h": lambda n: ngettext("%(num)d hour", "%(num)d hours", n),
    "d": lambda n: ngettext("%(num)d day", "%(num)d days", n),
}


def describe_answers(
    definition: ServiceDefinition, answers: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Give the filled-in answers as (label, text) in the order of the form."""
    shown = []
    for field in definition.fields:
        value = answers.get(field.key)
        if value in (None, "", [], ()):
            continue
        shown.append((localized(field.label), _shown(field, value)))
    return shown


def _shown(field: FieldDefinition, value: Any) -> str:
    if field.type == "yesno":
        return _("Yes") if value else _("No")
    if field.type in {"choice", "choices"}:
        names = {choice.value: localized(choice.words) for choice in field.choices}
        values = value if isinstance(value, list) else [value]
        return listed(names.get(str(v), str(v)) for v in values)
    if field.type == "money":
        return number(Decimal(str(value)))
    if field.type == "date":
        return say_date(date.fromisoformat(str(value)), language())
    return str(value)


def say_fault(fault: Reason) -> str:
    """Say what is wrong with a definition, and with which of its questions."""
    facts = dict(fault.facts)
    if "part" in facts:
        facts["part"] = PARTS[facts["part"]]
    facts["names"] = listed(facts.get("names", ()))
    facts["types"] = listed(FIELD_TYPES)
    said = str(FAULT_WORDS[Fault(fault.code)]) % facts
    if "key" not in facts:
        return said
    number, key = facts["number"], facts["key"]
    if key:
        return _("Question %(number)s “%(key)s”: %(said)s", number=number, key=key, said=said)
    return _("Question %(number)s: %(said)s", number=number, said=said)


FAULT_WORDS: dict[Fault, Later] = {
    Fault.NO_OBJECT: _l("A definition is an object with named parts."),
    Fault.CODE: _l("The code must be capital letters, a hyphen and a number, such as POL-05."),
    Fault.CODE_OF_CATEGORY: _l("The code must begin with the code of its category."),
    Fault.CODE_TAKEN: _l("There is a service with this code already."),
    Fault.PART: _l("%(part)s: write it in both languages, with at most %(most)s characters."),
    Fault.KEYWORDS: _l("Keywords: write at most %(most)s short words for each language."),
    Fault.DELIVERED_BY: _l("Say who delivers: the station, the pool or both."),
    Fault.OFFERS: _l("Institutions are asked one after the other, or several side by side."),
    Fault.OFFERS_OF_STATION: _l(
        "Where several institutions are asked side by side, the station delivers and accepts by"
        " hand: the ticket is its own."
    ),
    Fault.AUTO_ACCEPT: _l("“Accepted without a look first” is yes or no."),
    Fault.EFFORT: _l("The effort is a whole number of points from 1 to 20."),
    Fault.LIMIT: _l("%(part)s: give a whole number from 1 to 400 and a unit."),
    Fault.EXTENSION: _l(
        "The longest extension is a whole number of working days from 0 to %(most)s; 0 means none."
    ),
    Fault.COUNT_BASIS: _l("Say what the service counts as: contacts, cases or persons."),
    Fault.AMOUNT_FIELD: _l(
        "The sum of money must be one of the questions that ask for a sum of money or a number."
    ),
    Fault.NO_FIELDS: _l("The questions must be a list."),
    Fault.MANY_FIELDS: _l("A form has at most %(most)s questions."),
    Fault.FIELD: _l("Question %(number)s must be an object with a key, a type and a label."),
    Fault.FIELD_KEY: _l(
        "the key must be letters, digits and _, at most 60, and begin with a letter."
    ),
    Fault.FIELD_KEY_TAKEN: _l("another question has the same key."),
    Fault.FIELD_TYPE: _l("the type must be one of %(types)s."),
    Fault.FIELD_UNKNOWN: _l("nobody knows what %(names)s means."),
    Fault.FIELD_LABEL: _l("write the label in both languages, with at most %(most)s characters."),
    Fault.FIELD_HELP: _l("write the help in both languages or in none."),
    Fault.FIELD_REQUIRED: _l("“required” is true or false."),
    Fault.FIELD_NO_CHOICES: _l("only “one of a list” and “several of a list” take choices."),
    Fault.FIELD_CHOICES: _l("list the choices, at most %(most)s."),
    Fault.FIELD_CHOICE: _l(
        "every choice needs a value, a Chinese and an English text, each without a bar."
    ),
    Fault.FIELD_CHOICE_TWICE: _l("two choices have the same value."),
    Fault.FIELD_NO_LIMITS: _l(
        "only a number or a sum of money has a smallest and a largest value."
    ),
    Fault.FIELD_LIMITS: _l(
        "the smallest and the largest value must be whole numbers of at most 15 digits."
    ),
    Fault.FIELD_LIMITS_CROSSED: _l("the smallest value is larger than the largest."),
}
