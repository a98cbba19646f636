"""Fills a service's request form the way an enterprise would."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from service_portal.catalogue.rules import FieldDefinition, ServiceDefinition

# What fits a field by its key; Chinese, English.
TEXTS: dict[str, tuple[tuple[str, str], ...]] = {
    "standard_no": (("GB/T 10125-2021", "GB/T 10125-2021"), ("ISO 9227", "ISO 9227")),
    "hs_code": (("8479.50", "8479.50"), ("9013.20", "9013.20")),
    "nice_classes": (("第 7、12 类", "7, 12"), ("第 9 类", "9")),
    "destination": (("德国", "Germany"), ("越南", "Vietnam"), ("墨西哥", "Mexico")),
    "country": (("越南", "Vietnam"), ("印度尼西亚", "Indonesia")),
    "pay_range": (("7,000–9,000 元/月", "7,000–9,000 yuan a month"),),
    "region": (("珠三角", "Pearl River Delta"), ("广东省", "Guangdong")),
    "inventors": (("研发部三人", "three people of R&D"),),
    "period": (("2026 年第三季度", "third quarter of 2026"),),
}
USUAL = (
    ("详见附件，重点是交期。", "See the description; the delivery date matters most."), ("按行业通行做法即可。", "The usual practice of the trade is fine."),
    ("目前由生产部负责。", "Production is in charge at present."), ("去年办过一次，口径相同。", "Same as last year."), ("需要现场确认。", "To be confirmed on site."),
)  # fmt: skip


def answers_for(definition: ServiceDefinition, random: Random, *, today: date, chinese: bool) -> dict[str, Any]:
    """Give answers to every required question and most of the others, in the form the request form stores them."""
    return {field.key: _answer(field, random, today, chinese) for field in definition.fields if field.required or random.random() < 0.6}


def _answer(field: FieldDefinition, random: Random, today: date, chinese: bool) -> Any:
    if field.type == "yesno":
        return random.random() < 0.7
    if field.type == "choice":
        return random.choice(field.choices).value
    if field.type == "choices":
        return sorted({random.choice(field.choices).value for _ in range(2)})
    if field.type == "date":
        return (today + timedelta(days=random.randrange(10, 90))).isoformat()
    if field.type == "money":
        return str(random.choice((80_000, 300_000, 600_000, 1_500_000, 3_000_000, 8_000_000)))
    if field.type == "number":
        low = field.minimum or 0
        return random.randint(low, min(field.maximum or low + 60, low + 60))
    zh, en = random.choice(TEXTS.get(field.key, USUAL))
    return zh if chinese else en
