"""What is wrong with a service's definition, in sentences an administrator understands.

Whatever passes makes a working form. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from service_portal.kernel.words import Words

FIELD_TYPES = ("text", "longtext", "number", "money", "date", "choice", "choices", "yesno")
UNITS = ("wh", "wd", "h", "d")
PROVIDERS = ("station", "pool", "both")
# Counts as a case does; sums of money are counted nowhere yet.
LOANS = "case+finance"
COUNT_BASES = ("contact", "case", "event", "case+finance")
LIMIT_KINDS = ("accept", "contact", "resolve", "offer")
MOST_FIELDS, MOST_CHOICES, MOST_KEYWORDS = 40, 200, 60
LONGEST_NAME, LONGEST_TEXT, LARGEST = 200, 500, 10**15

PARTS = {
    "name": Words("Name", "名称"),
    "summary": Words("Summary", "简介"),
    "evidence": Words("Evidence", "佐证"),
    "providers": Words("Who delivers", "服务提供方"),
    "accept": Words("Accepted", "受理"),
    "contact": Words("First contact", "首次联系"),
    "resolve": Words("Answer", "答复"),
    "offer": Words("Institution's answer", "机构应答"),
}
TYPE_WORDS = {
    "text": Words("one line", "单行文字"),
    "longtext": Words("several lines", "多行文字"),
    "number": Words("number", "数字"),
    "money": Words("sum of money", "金额"),
    "date": Words("date", "日期"),
    "choice": Words("one of a list", "单选"),
    "choices": Words("several of a list", "多选"),
    "yesno": Words("yes or no", "是或否"),
}
BASIS_WORDS = {
    "contact": Words("contacts: an advice is given", "服务次数：提供咨询"),
    "case": Words("cases: the ticket ends with evidence", "服务事项：以佐证材料办结"),
    "event": Words("persons: people come to an event or a booking", "服务人次：活动或预约"),
    "case+finance": Words("cases of loan services", "融资类服务事项"),
}

_CODE, _KEY = (
    re.compile(r"[A-Z][A-Z0-9]{1,7}-[A-Z0-9]{1,8}"),
    re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}"),
)
_BAR = re.compile("[|｜]")
_KNOWN = {"key", "type", "label", "help", "required", "choices", "min", "max"}


def is_text(value: Any, most: int = LONGEST_TEXT) -> bool:
    """Say whether something is a text that can be shown and stored: not empty, not too long,
    nothing in it that is no letter or sign.
    """
    return (
        isinstance(value, str)
        and 0 < len(value) <= most
        and value == value.strip()
        and not any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) <= 0xDFFF for c in value)
    )


def is_whole(value: Any, least: int, most: int) -> bool:
    """Say whether something is a whole number within limits."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def problems_of(raw: Any) -> list[Words]:
    """Name everything that is wrong with a definition; an empty list means it can be published."""
    if not isinstance(raw, Mapping):
        return [
            Words("A definition is an object with named parts.", "服务定义应为包含各项内容的对象。")
        ]
    problems = [*_naming(raw), *_promising(raw), *_counting(raw)]
    fields, seen = raw.get("fields"), dict[str, str]()
    if not isinstance(fields, list):
        problems.append(Words("The questions must be a list.", "问题应为一个列表。"))
        fields = []
    if len(fields) > MOST_FIELDS:
        problems.append(
            Words(
                f"A form has at most {MOST_FIELDS} questions.",
                f"一张表单最多 {MOST_FIELDS} 个问题。",
            )
        )
        fields = fields[:MOST_FIELDS]
    for number, field in enumerate(fields, start=1):
        problems += _field_problems(number, field, seen)
    if (named := raw.get("amount_field")) is not None and (
        not isinstance(named, str) or seen.get(named, "") not in {"money", "number"}
    ):
        problems.append(
            Words(
                "The sum of money must be one of the questions that ask for a sum of money or a"
                " number.",
                "金额字段应为表单中询问金额或数字的问题。",
            )
        )
    return problems


def _naming(raw: Mapping[str, Any]) -> Iterator[Words]:
    code = raw.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        yield Words(
            "The code must be capital letters, a hyphen and a number, such as POL-05.",
            "编号应为大写字母、连字符和数字，例如 POL-05。",
        )
    for part in ("name", "summary", "evidence", "providers"):
        most = LONGEST_NAME if part == "name" else LONGEST_TEXT
        if not _bilingual(raw.get(part), most):
            yield Words(
                f"{PARTS[part].en}: write it in both languages, with at most {most} characters.",
                f"{PARTS[part].zh}：请填写中英文，各不超过 {most} 个字。",
            )
    words = raw.get("keywords", {})
    if (
        not isinstance(words, Mapping)
        or set(words) - {"en", "zh"}
        or not all(_texts(words.get(language, [])) for language in ("en", "zh"))
    ):
        yield Words(
            f"Keywords: write at most {MOST_KEYWORDS} short words for each language.",
            f"关键词：每种语言最多 {MOST_KEYWORDS} 个短词。",
        )


def _promising(raw: Mapping[str, Any]) -> Iterator[Words]:
    if raw.get("delivered_by") not in PROVIDERS:
        yield Words(
            "Say who delivers: the station, the pool or both.",
            "请选择由服务站、服务池或两者提供服务。",
        )
    if not isinstance(raw.get("auto_accept", False), bool):
        yield Words(
            "“Accepted without a look first” is yes or no.", "“无需审核，自动受理”只能为是或否。"
        )
    if not is_whole(raw.get("effort_points"), 1, 20):
        yield Words(
            "The effort is a whole number of points from 1 to 20.",
            "工作量应为 1 至 20 的整数点数。",
        )
    limits = raw.get("limits")
    for kind in LIMIT_KINDS:
        limit = limits.get(kind) if isinstance(limits, Mapping) else None
        if (
            not isinstance(limit, Mapping)
            or not is_whole(limit.get("amount"), 1, 400)
            or limit.get("unit") not in UNITS
        ):
            yield Words(
                f"{PARTS[kind].en}: give a whole number from 1 to 400 and a unit.",
                f"{PARTS[kind].zh}：请填写 1 至 400 的整数并选择单位。",
            )


def _counting(raw: Mapping[str, Any]) -> Iterator[Words]:
    if raw.get("count_basis") not in COUNT_BASES:
        yield Words(
            "Say what the service counts as: contacts, cases or persons.",
            "请选择该服务的计数口径：次数、事项或人次。",
        )


def _field_problems(number: int, field: Any, seen: dict[str, str]) -> Iterator[Words]:
    if not isinstance(field, Mapping):
        yield Words(
            f"Question {number} must be an object with a key, a type and a label.",
            f"第 {number} 个问题应为包含 key、type 和 label 的对象。",
        )
        return
    key, kind = field.get("key"), field.get("type")
    about = _About(number, key if isinstance(key, str) and _KEY.fullmatch(key) else "")
    if not about.key:
        yield about(
            "the key must be letters, digits and _, at most 60, and begin with a letter.",
            "标识只能由字母、数字和下划线组成，以字母开头，最多 60 个字符。",
        )
    elif about.key in seen:
        yield about("another question has the same key.", "与另一个问题的标识重复。")
    seen.setdefault(about.key, kind if isinstance(kind, str) else "")
    if kind not in FIELD_TYPES:
        yield about(
            f"the type must be one of {', '.join(FIELD_TYPES)}.",
            f"类型只能是 {'、'.join(FIELD_TYPES)} 之一。",
        )
    if unknown := {str(name)[:40] for name in field} - _KNOWN:
        yield about(
            f"nobody knows what {', '.join(sorted(unknown))} means.",
            f"无法识别 {'、'.join(sorted(unknown))}。",
        )
    if not _bilingual(field.get("label"), LONGEST_NAME):
        yield about(
            f"write the label in both languages, with at most {LONGEST_NAME} characters.",
            f"请填写中英文标签，各不超过 {LONGEST_NAME} 个字。",
        )
    if field.get("help") is not None and not _bilingual(field["help"]):
        yield about(
            "write the help in both languages or in none.", "填写说明须中英文齐全，或都不填。"
        )
    if not isinstance(field.get("required", False), bool):
        yield about("“required” is true or false.", "“required”只能是 true 或 false。")
    yield from _choice_problems(about, kind, field.get("choices"))
    yield from _limit_problems(about, kind, field.get("min"), field.get("max"))


def _choice_problems(about: _About, kind: Any, choices: Any) -> Iterator[Words]:
    if kind not in ("choice", "choices"):
        if choices is not None and choices != []:
            yield about(
                "only “one of a list” and “several of a list” take choices.",
                "只有单选和多选问题可以设置选项。",
            )
        return
    if not isinstance(choices, list) or not 0 < len(choices) <= MOST_CHOICES:
        yield about(
            f"list the choices, at most {MOST_CHOICES}.", f"请列出选项，最多 {MOST_CHOICES} 个。"
        )
        return
    if not all(
        isinstance(one, Mapping)
        and set(one) == {"value", "en", "zh"}
        and all(is_text(text, LONGEST_NAME) and not _BAR.search(text) for text in one.values())
        for one in choices
    ):
        yield about(
            "every choice needs a value, a Chinese and an English text, each without a bar.",
            "每个选项都需要取值、中文和英文，且均不含竖线。",
        )
    elif len({one["value"] for one in choices}) < len(choices):
        yield about("two choices have the same value.", "有两个选项的取值相同。")


def _limit_problems(about: _About, kind: Any, low: Any, high: Any) -> Iterator[Words]:
    if low is None and high is None:
        return
    if kind not in ("number", "money"):
        yield about(
            "only a number or a sum of money has a smallest and a largest value.",
            "只有数字和金额问题可以设置最小值和最大值。",
        )
    elif not all(one is None or is_whole(one, -LARGEST, LARGEST) for one in (low, high)):
        yield about(
            "the smallest and the largest value must be whole numbers of at most 15 digits.",
            "最小值和最大值应为不超过 15 位的整数。",
        )
    elif low is not None and high is not None and low > high:
        yield about("the smallest value is larger than the largest.", "最小值大于最大值。")


class _About:
    """Names a question in front of what is wrong with it."""

    def __init__(self, number: int, key: str) -> None:
        self.number, self.key = number, key

    def __call__(self, en: str, zh: str) -> Words:
        return Words(
            f"Question {self.number}{f' “{self.key}”' if self.key else ''}: {en}",
            f"第 {self.number} 个问题{f'“{self.key}”' if self.key else ''}：{zh}",
        )


def _bilingual(value: Any, most: int = LONGEST_TEXT) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == {"en", "zh"}
        and all(is_text(text, most) for text in value.values())
    )


def _texts(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MOST_KEYWORDS
        and all(is_text(one, 60) for one in value)
    )
