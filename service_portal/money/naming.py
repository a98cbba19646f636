"""Names of what sums are cut by, in both languages or in the reader's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from service_portal.directory.queries import institutions, parks
from service_portal.folders import named
from service_portal.kernel.words import Words
from service_portal.money.definitions import WITHOUT_ONE
from service_portal.money.rows import industry_names
from service_portal.web.formatting import localized
from service_portal.web.translations import Later


def things_of(
    by: str, keys: Iterable[Any] | None, *, institution_id: int | None = None
) -> dict[Any, Any]:
    """Give what has the names of some keys; of products as a bank calls them, if one is meant, and
    of all that are known where no keys are named.
    """
    if by == "institution":
        return {one.id: one for one in institutions()}
    if by == "park":
        return {one.id: one for one in parks()}
    if by == "industry":
        return {**industry_names(keys or ()), "": WITHOUT_ONE[by]}
    if by == "stage":
        return {**named(by, keys), "": WITHOUT_ONE[by]}
    return named(by, keys, institution_id=institution_id)


def names_of(by: str, keys: Iterable[Any], *, institution_id: int | None = None) -> dict[Any, str]:
    """Give the names of some keys in the reader's language; a key without one is said itself."""
    keys = list(keys)
    known = things_of(by, keys, institution_id=institution_id)
    return {key: localized(known[key]) if key in known else str(key) for key in keys}


def both_of(thing: Any) -> dict[str, str] | None:
    """Give a name in both languages."""
    if isinstance(thing, Later):
        return {"en": thing.within("en"), "zh": thing.within("zh")}
    if isinstance(thing, Words):
        return {"en": thing.en, "zh": thing.zh}
    return None if thing is None else {"en": thing.name_en, "zh": thing.name_zh}
