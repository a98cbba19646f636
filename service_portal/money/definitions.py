"""What each number of the finance pages means, in the words that stand beside it."""

from __future__ import annotations

from service_portal.web.translations import Later
from service_portal.web.translations import later as _l
from service_portal.web.translations import later_in as _lp

# The five sums, in their order, then what is counted beside them: name and definition.
DEFINITIONS: dict[str, tuple[Later, Later]] = {
    "applied": (
        _lp("sum", "Applied"),
        _l(
            "What banks were asked for, by everything they received, whatever became of it. The"
            " same need asked for at two banks is in it twice."
        ),
    ),
    "lines": (
        _l("Approved lines"),
        _l(
            "What banks have approved and is valid on the day: from the day of approval to the last"
            " day of the line, less what was cancelled."
        ),
    ),
    "drawn": (
        _l("Drawn in total"),
        _l("Everything banks have paid out up to the day, whether or not it was repaid."),
    ),
    "outstanding": (
        _l("Outstanding"),
        _l("What was paid out and is not repaid, also of lines that have ended."),
    ),
    "unused": (
        _l("Unused lines"),
        _l(
            "What can still be drawn of the lines valid on the day: the line less what is"
            " outstanding if it revolves, else the line less what was drawn."
        ),
    ),
}
FIRMS: dict[str, tuple[Later, Later]] = {
    "with_line": (
        _l("With a line"),
        _l("Distinct enterprises, by social credit code, that have a valid line on the day."),
    ),
    "drew": (
        _l("That have drawn"),
        _l(
            "Distinct enterprises, by social credit code, that were paid out at least once. One"
            " with loans at two banks counts once."
        ),
    ),
    "first_time": (
        _l("First-time borrowers"),
        _l("Those of them that had no bank loan before they asked."),
    ),
}
DAYS: dict[str, Later] = {
    "to_answer": _l("From request to answer"),
    "to_money": _l("From answer to the first money"),
    "altogether": _l("From request to the first money"),
}
GROUPS: dict[str, Later] = {
    "institution": _l("Bank"),
    "product": _l("Product"),
    "park": _l("Park"),
    "industry": _l("Industry"),
    "stage": _l("Stage"),
    "month": _l("Month"),
}
# What an empty key is called, of what can be without one.
WITHOUT_ONE: dict[str, Later] = {
    "industry": _l("without an industry"),
    "stage": _l("without a stage"),
}
NOT_ADDED = (
    _l("The five sums overlap and are never added to each other."),
    _l("Enterprises with lines at two banks count at each, and once in the total."),
    _l("Lines of one enterprise at several banks add up here, though it may not need them all."),
    _l("Park, industry and stage are those of the day of the request."),
)
