"""What a recount checks, in sentences."""

from __future__ import annotations

from service_portal.web.translations import Later
from service_portal.web.translations import later as _l

# What a recount checks, in the order in which it does.
CHECKS: dict[str, Later] = {
    "chain": _l("the chain of the ledger is whole"),
    "usage_month": _l("the sums of each month equal the ledger"),
    "usage_enterprise_month": _l("the sums of each enterprise and month equal the ledger"),
    "usage_excluded_month": _l("the sums of contacts that do not count equal what was recorded"),
    "events": _l("every countable service event is counted once, nothing else is"),
    "contents": _l(
        "every counted service event says what its line says: time, persons, day, provider, ticket"
    ),
    "contacts": _l("every contact that counts stands in its timeline, recorded in time"),
    "twice": _l("no ticket, provider and day counts twice"),
    "cases": _l("every closed case with a result is counted once, nothing else is"),
    "closings": _l("every counted case says what its closing says: day, provider, ticket, verdict"),
    "verdicts": _l("every verdict is the one that the enterprise gave last"),
    "corrections": _l("every correction undoes exactly one entry, when and because it says so"),
    "keys": _l("every correction is found under the number of the line that it undoes"),
    "times": _l("nothing is counted or taken back in a time to come"),
    "moments": _l("nothing was counted or taken back in days that were over"),
    "money_chain": _l("the chain of the money ledger is whole"),
    "money_happened": _l("the sums of what happened to money equal its ledger"),
    "money_lasting": _l("the sums of valid lines and of their use equal the ledger of money"),
    "money_spans": _l("the sums of months and years of money equal those of their days"),
    "money_cuts": _l("the sums of money cut by one thing equal those cut by all"),
    "money_lines": _l("every line stands as its entries say"),
    "money_requests": _l("every request at a bank stands as its entries say"),
    "money_corrections": _l("every correction of money undoes one entry, as two people decided"),
    "money_keys": _l("every entry of money is found under what it is about"),
    "money_times": _l("nothing of money is booked in a time to come"),
    "money_moments": _l("nothing of money was booked in days that were over"),
}
