"""What people choose from when they act on a ticket, each with its name in both languages. Pure."""

from __future__ import annotations

from service_portal.kernel.words import Words

REFUSALS: dict[str, Words] = {
    "out_of_scope": Words("Outside of what the zone can do", "超出受理范围"),
    "in_court": Words(
        "In litigation, arbitration, review or petition", "已进入诉讼、仲裁、复议或信访程序"
    ),
    "secret": Words("Touches secrets or privacy", "涉及国家秘密、商业秘密或个人隐私"),
    "no_substance": Words("Abusive, or says nothing to act on", "内容不当或无实质诉求"),
    "handled_already": Words("The same matter was handled already", "同一事项已处理"),
}

HOLDS: dict[str, Words] = {
    "enterprise": Words("Waiting for the enterprise", "等待企业补充"),
    "third_party": Words("Waiting for a third party", "等待第三方"),
    "force_majeure": Words("Outside of our control", "不可抗力"),
}

DECLINES: dict[str, Words] = {
    "not_in_scope": Words("Not in our scope", "职责不符"),
    "wrong_park": Words("Wrong park", "属地不符"),
    "information_missing": Words("Information is missing", "信息不全"),
    "no_qualification": Words("We lack the qualification", "资质不符"),
    "conflict": Words("Conflict of interest", "利益冲突"),
    "no_capacity": Words("No capacity", "产能不足"),
    "duplicate": Words("Duplicate", "重复"),
}

OUTCOMES: dict[str, Words] = {
    "resolved": Words("Resolved", "已解决"),
    "partly": Words("Partly resolved", "部分解决"),
    "answered": Words("Question answered", "已解答"),
    "not_possible": Words("Not possible", "无法办理"),
}

DESK_WORDS: dict[str, Words] = {
    "desk": Words("at the desk", "窗口登记"),
    "phone": Words("by phone", "电话登记"),
    "visit": Words("on a visit", "走访登记"),
}
