"""Recorded logs as tests write them."""

from __future__ import annotations

import csv
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
COLUMNS = (
    "ticket",
    "enterprise_caller",
    "channel",
    "filed_at",
    "accepted_at",
    "resolved_at",
    "closed_at",
    "first_institution_group",
    "last_member",
    "resolved_by",
    "reassignments",
    "filed_category",
    "filed_subcategory",
    "filed_priority",
    "filed_location",
    "final_location",
    "final_category",
)


def row_of(n: int, **given: str) -> dict[str, str]:
    at = f"2016-03-0{1 + n % 4} 09:{n % 60:02d}:00"
    row = {
        "ticket": f"INC{n:05d}",
        "enterprise_caller": str(n % 5),
        "channel": "Phone" if n % 2 else "Email",
        "filed_at": at,
        "accepted_at": at.replace(" 09", " 10"),
        "resolved_at": at.replace(" 09", " 15"),
        "closed_at": at.replace("-03-", "-04-"),
        "first_institution_group": str(n % 7),
        "last_member": str(n % 11),
        "resolved_by": str(n % 6),
        "reassignments": str(n % 4),
        "filed_category": str(n % 9),
        "filed_subcategory": str(n % 13),
        "filed_priority": "3",
        "filed_location": str(n % 8),
        "final_location": "999",
        "final_category": "999",
    }
    return row | given


def log_of(path: Path, rows: list[dict[str, str]], *, more: tuple[str, ...] = ()) -> Path:
    with path.open("w", newline="") as target:
        writer = csv.DictWriter(target, (*COLUMNS, *more))
        writer.writeheader()
        writer.writerows(rows)
    return path
