"""What is known of the demo's enterprises, three years of it, and the scores that it makes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from service_portal.demo.zone import Company, Zone
from service_portal.facts.models import Fact, FactConflict
from service_portal.facts.rules import Source
from service_portal.kernel.clock import zone_time
from service_portal.kernel.copying import copy_rows
from service_portal.scoring.codes import SchemeKind
from service_portal.scoring.computing import compute, refresh_groups
from service_portal.scoring.queries import applying

WAN = 1_000_000
TAX_OFFICE = "税务局年度汇算清缴 · tax office, annual settlement"
# Every so many enterprises have figures of the tax office, and every so many of these differ.
CHECKED, DIFFERENT = 4, 19
# What the demo's own enterprise says of the last full year, in yuan and numbers; one figure lacks.
OWN = {
    "revenue": 30_000_000,
    "main_revenue": 27_600_000,
    "high_tech_revenue": 17_400_000,
    "rd_expense": 1_380_000,
    "rd_tax_relief": 210_000,
    "total_costs": 26_900_000,
    "net_profit": 2_150_000,
    "assets": 41_000_000,
    "liabilities": 19_500_000,
    "tech_contract_turnover": 600_000,
    "new_equity_3y": 0,
}
OWN_COUNTS = {
    "staff": 100,
    "st_staff": 21,
    "ip_class_1": 0,
    "ip_class_2": 2,
    "invention_applications": 2,
    "pct_applications": 0,
    "graduates_hired": 3,
    "rd_platforms": 0,
    "rd_projects": 1,
    "awards": 0,
}
EARLIER = ("revenue", "rd_expense")


def make_figures(zone: Zone, *, seed: int, now: datetime) -> None:
    """Invent the figures of all enterprises and score them, in a sequence of numbers of its own."""
    random = Random(f"{seed} figures")  # noqa: S311 – it invents, it keeps no secret
    last = now.astimezone(zone_time()).year - 1
    at = now - timedelta(days=120)
    rows: list[dict[str, Any]] = []
    conflicts: list[dict[str, Any]] = []
    for n, company in enumerate(zone.companies):
        years = dict(_years(random, n, last))
        for year, values in years.items():
            said = {"enterprise_id": company.id, "year": year, "at": at}
            rows += (_row(said, code, value, Source.OWN, company) for code, value in values.items())
        if n % CHECKED == 1:
            rd = Decimal(years[last]["rd_expense"])
            if n % DIFFERENT == 1:
                rd = (rd * Decimal("0.85")).quantize(Decimal(1))
                conflicts.append(
                    {"enterprise_id": company.id, "year": last, "code": "rd_expense", "since": at}
                )
            said = {"enterprise_id": company.id, "year": last, "at": at + timedelta(days=30)}
            rows.append(_row(said, "rd_expense", rd, Source.DEPARTMENT, company))
            revenue = years[last]["revenue"]
            rows.append(_row(said, "revenue", revenue, Source.DEPARTMENT, company))
    copy_rows(Fact, rows)
    copy_rows(FactConflict, conflicts)
    ids = [company.id for company in zone.companies]
    for year in (last - 1, last):
        for scheme, version in applying(year):
            if year == last or scheme.kind_code == SchemeKind.POINTS:
                compute(scheme, version, year, ids, now=now - timedelta(days=1))
                refresh_groups(scheme.id, year)


def _row(
    said: dict[str, Any], code: str, value: Any, source: Source, company: Company
) -> dict[str, Any]:
    is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    text = ("yes" if value else "no") if isinstance(value, bool) else value
    own = source is Source.OWN
    return {
        **said,
        "code": code,
        "number": value if is_number else None,
        "value_code": None if is_number else text,
        "source": str(source),
        "by_id": company.contact.person_id if own else None,
        "reference": "" if own else TAX_OFFICE,
    }


def _years(random: Random, n: int, last: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give the figures of three years, the last one first."""
    if n == 0:
        yield last, _of_own()
        yield last - 1, _of_own() | {"revenue": 2680 * WAN, "rd_expense": 110 * WAN}
        yield last - 2, {"revenue": 2500 * WAN, "rd_expense": 98 * WAN}
        return
    strength = random.betavariate(2.2, 2.6)
    revenue = int(random.lognormvariate(17.0, 1.35)) * 100 + 30 * WAN
    growth = random.gauss(0.04 + 0.22 * strength, 0.16)
    values = _figures(random, strength, revenue)
    before = _figures(random, strength * 0.9, int(revenue / max(1 + growth, 0.4)))
    first = int(before["revenue"] / max(1 + random.gauss(0.06, 0.12), 0.5))
    if n % 13 == 0:
        del values["venture_capital"]
    yield last, values
    yield last - 1, before
    yield last - 2, {"revenue": first, "rd_expense": int(first * (0.015 + 0.05 * strength))}


def _of_own() -> dict[str, Any]:
    return {
        **{code: yuan * 100 for code, yuan in OWN.items()},
        **OWN_COUNTS,
        "main_product_ip": "class_2",
        "resident": True,
        "strategic_industry": True,
        "prohibited_class": False,
        "serious_incident": False,
        "high_tech_certificate": False,
        "innovation_title": False,
        "provincial_rd_institution": False,
        "national_award_5y": False,
        "science_award_3y": False,
        "led_standard_5y": False,
    }


def _figures(random: Random, strength: float, revenue: int) -> dict[str, Any]:
    """Invent the figures of a year: stronger enterprises spend more on R&D and have more of it."""
    rd = int(revenue * max(random.gauss(0.012 + 0.075 * strength, 0.012), 0.002))
    staff = max(int(revenue / (WAN * random.uniform(45, 110))), 4)
    assets = int(revenue * random.uniform(0.7, 1.9))
    many = 1 + revenue / (15_000 * WAN)
    is_strong = random.random() < strength * 0.6

    def count(mean: float) -> int:
        return min(int(random.expovariate(1 / max(mean, 0.05))), 60)

    return {
        "revenue": revenue,
        "main_revenue": int(revenue * random.uniform(0.62, 0.99)),
        "high_tech_revenue": int(revenue * min(max(random.gauss(0.2 + 0.7 * strength, 0.2), 0), 1)),
        "rd_expense": rd,
        "rd_tax_relief": int(rd * random.uniform(0.08, 0.15)),
        "total_costs": int(revenue * random.uniform(0.8, 1.04)),
        "net_profit": int(revenue * random.gauss(0.03 + 0.08 * strength, 0.05)),
        "assets": assets,
        "liabilities": int(assets * random.uniform(0.2, 0.85)),
        "tech_contract_turnover": count(2 * strength) * 25 * WAN,
        "venture_capital": count(2) * 200 * WAN if random.random() < 0.06 else 0,
        "new_equity_3y": count(3) * 200 * WAN if random.random() < 0.1 else 0,
        "staff": staff,
        "st_staff": min(int(staff * max(random.gauss(0.08 + 0.35 * strength, 0.08), 0.01)), staff),
        "graduates_hired": count(staff / 60),
        "ip_class_1": count(3 * strength * many),
        "ip_class_2": count(6 * strength * many),
        "invention_applications": count(3 * strength * many),
        "pct_applications": count(0.3 * strength),
        "rd_platforms": int(random.random() < strength * 0.25),
        "rd_projects": count(0.6 * strength),
        "awards": int(random.random() < strength * 0.1),
        "main_product_ip": random.choices(
            ("class_1_high_value", "class_1_own", "class_1", "class_2", "none"),
            (strength, 1.6 * strength, 0.3, 0.8, 1.1 - strength),
        )[0],
        "resident": True,
        "strategic_industry": random.random() < 0.35 + 0.4 * strength,
        "prohibited_class": False,
        "serious_incident": random.random() < 0.01,
        "high_tech_certificate": is_strong,
        "innovation_title": is_strong and random.random() < 0.1,
        "provincial_rd_institution": random.random() < strength * 0.12,
        "national_award_5y": random.random() < 0.004,
        "science_award_3y": random.random() < strength * 0.05,
        "led_standard_5y": random.random() < strength * 0.08,
    }
