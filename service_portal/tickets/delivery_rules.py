"""Is a contact countable?

`countable` is a decision with a reason, never a side effect of saving a row (domain.md 0.2, 2.6).
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from service_portal.kernel.words import Words

RULE_VERSION = 1
SHORTEST_SUMMARY = 10
LATEST = timedelta(days=31)

REASONS: dict[str, Words] = {
    "same_day": Words(
        "already counted today for this ticket and provider", "同一工单、同一服务方当日已计数"
    ),
    "no_evidence": Words("there is no evidence", "缺少佐证材料"),
    "no_substance": Words("the summary says too little", "服务内容过于简单"),
    "no_time": Words("no time was spent", "未填写服务时长"),
    "same_controller": Words(
        "provider and enterprise have the same controller or phone",
        "服务方与企业存在同一控制人或联系电话",
    ),
    "before_filing": Words("it lies before the request was filed", "早于工单提交时间"),
    "too_late": Words("it was recorded more than a month later", "补录时间超过一个月"),
}

CHANNELS: dict[str, Words] = {
    "phone": Words("Phone", "电话"),
    "visit": Words("Visit", "上门"),
    "video": Words("Video", "视频"),
    "message": Words("Written answer", "书面答复"),
    "document": Words("Document", "文件"),
    "event": Words("Event", "活动"),
}


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """What the decision looks at."""

    summary: str
    has_evidence: bool
    minutes: int
    channel: str
    counted_already: bool
    same_controller: bool
    started_at: datetime
    filed_at: datetime
    now: datetime


def not_countable(facts: DeliveryFacts) -> str | None:
    """Name why a contact does not count, or None when it does.

    Conflicts come first, then evidence, then repetition.
    """
    if facts.same_controller:
        return "same_controller"
    if facts.started_at < facts.filed_at - timedelta(minutes=1):
        return "before_filing"
    if facts.now - facts.started_at > LATEST:
        return "too_late"
    if len(facts.summary.strip()) < SHORTEST_SUMMARY and not _is_chinese(facts.summary):
        return "no_substance"
    if not facts.has_evidence:
        return "no_evidence"
    if facts.minutes == 0 and facts.channel not in {"message", "document"}:
        return "no_time"
    if facts.counted_already:
        return "same_day"
    return None


def _is_chinese(text: str) -> bool:
    return sum("\u3400" <= c <= "\u9fff" for c in text) >= SHORTEST_SUMMARY // 2
