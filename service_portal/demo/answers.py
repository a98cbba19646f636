"""Fills a service's request form the way an enterprise would."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from service_portal.catalogue.rules import FieldDefinition, ServiceDefinition
from service_portal.demo.agreed import AGREED

# What is plausible where any number would not be, by the field's key.
AMOUNTS = (80_000, 300_000, 600_000, 1_500_000, 3_000_000, 8_000_000)
MONEY = {
    **dict.fromkeys(
        ("revenue", "revenue_last_year", "total_assets", "registered_capital"),
        (26_000_000, 41_500_000, 74_500_000, 96_000_000),
    ),
    **dict.fromkeys(
        ("rd_spend", "rd_spend_last_year", "existing_debt"),
        (900_000, 1_850_000, 3_200_000, 4_600_000),
    ),
}
NUMBERS = {
    "annual_energy_tce": (400, 4_800),
    "area_m2": (120, 3_000),
    "attendees": (12, 60),
    "employees_affected": (1, 12),
    "floor_load": (500, 1_500),
    "guarantee_ratio": (60, 80),
    "headcount": (26, 480),
    "headcount_needed": (1, 6),
    "hitech_revenue_share": (52, 88),
    "hours": (2, 16),
    "ip_count": (3, 28),
    "lines_of_code": (6_000, 60_000),
    "person_count": (1, 3),
    "points_score": (58, 92),
    "power_kva": (200, 1_250),
    "quantity": (2, 40),
    "rd_ratio": (3, 9),
    "rd_spend_ratio": (3, 9),
    "rd_staff_share": (10, 34),
    "sites": (1, 3),
    "team_size": (3, 9),
    "term_months": (12, 36),
    "trl": (4, 8),
}
# Dates on which something has happened, and how many days ago at most; other dates lie ahead.
PAST = {
    "completed_on": 200,
    "disclosure_date": 150,
    "due_on": 240,
    "founded_on": 5_000,
    "signed_on": 40,
}


def _texts() -> dict[str, list[tuple[str, str]]]:
    texts: dict[str, list[tuple[str, str]]] = {}
    with (Path(__file__).parent / "data" / "answers.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            texts.setdefault(row["field"], []).append((row["zh"], row["en"]))
    return texts


# What is written into a field of text, by the field's key; Chinese, English. Numbers of patents,
# marks and projects have X for some digits, so that none is a real one's.
TEXTS = _texts()


def answers_for(
    definition: ServiceDefinition, random: Random, *, today: date, chinese: bool
) -> dict[str, Any]:
    """Give answers to every required question and most of the others, in the form the request form
    stores them.

    They agree with the title of the service's requests.
    """
    agreed = AGREED.get(definition.code, {})
    answers = {}
    for field in definition.fields:
        if field.key in agreed:
            said = agreed[field.key]
            answers[field.key] = said if not isinstance(said, tuple) else said[not chinese]
        elif field.required or random.random() < 0.6:
            answers[field.key] = _answer(field, random, today, chinese)
    return answers


def _answer(field: FieldDefinition, random: Random, today: date, chinese: bool) -> Any:
    if field.type == "yesno":
        return random.random() < 0.7
    if field.type == "choice":
        return random.choice(field.choices).value
    if field.type == "choices":
        return sorted({random.choice(field.choices).value for _ in range(2)})
    if field.type == "date":
        days = (
            -random.randrange(20, PAST[field.key])
            if field.key in PAST
            else random.randrange(10, 90)
        )
        return (today + timedelta(days=days)).isoformat()
    if field.type == "money":
        return str(random.choice(MONEY.get(field.key, AMOUNTS)))
    if field.type == "number":
        return today.year - 1 if field.key == "year" else random.randint(*NUMBERS[field.key])
    zh, en = random.choice(TEXTS[field.key])
    return zh if chinese else en
