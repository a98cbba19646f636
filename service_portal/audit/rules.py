"""The kinds of entries, their names, and when a repetition is worth an entry of its own. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from service_portal.kernel.words import Words


class Kind(StrEnum):
    """What an entry is about."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 – a kind of entry
    PASSWORD_RESET = "password_reset"  # noqa: S105 – a kind of entry
    FACTOR_CHANGED = "factor_changed"
    REFUSED = "refused"
    MISSING = "missing"
    THROTTLED = "throttled"
    FORGED = "forged"
    EXPORTED = "exported"
    ROLE_GIVEN = "role_given"
    ROLE_ENDED = "role_ended"
    INVITED = "invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    INVITATION_REVOKED = "invitation_revoked"
    TOKEN_MADE = "token_made"  # noqa: S105 – a kind of entry
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 – a kind of entry
    PERSON_CHANGED = "person_changed"
    DIRECTORY_CHANGED = "directory_changed"
    CATALOGUE_CHANGED = "catalogue_changed"
    RULE_CHANGED = "rule_changed"
    CALENDAR_CHANGED = "calendar_changed"


KIND_WORDS: dict[Kind, Words] = {
    Kind.SIGNED_IN: Words("Signed in", "登录"),
    Kind.SIGN_IN_FAILED: Words("Sign-in failed", "登录失败"),
    Kind.SIGNED_OUT: Words("Signed out", "退出登录"),
    Kind.PASSWORD_CHANGED: Words("Password changed", "修改密码"),
    Kind.PASSWORD_RESET: Words("Password set anew", "重设密码"),
    Kind.FACTOR_CHANGED: Words("Second factor changed", "两步验证变更"),
    Kind.REFUSED: Words("Not allowed", "无权操作"),
    Kind.MISSING: Words("Asked for what is not there or not theirs", "访问不存在或无权查看的内容"),
    Kind.THROTTLED: Words("Too often", "操作过于频繁"),
    Kind.FORGED: Words("Form without a valid mark", "表单校验未通过"),
    Kind.EXPORTED: Words("Exported", "导出"),
    Kind.ROLE_GIVEN: Words("Role given", "授予角色"),
    Kind.ROLE_ENDED: Words("Role ended", "终止角色"),
    Kind.INVITED: Words("Invited", "发出邀请"),
    Kind.INVITATION_ACCEPTED: Words("Invitation accepted", "接受邀请"),
    Kind.INVITATION_REVOKED: Words("Invitation taken back", "撤回邀请"),
    Kind.TOKEN_MADE: Words("API token made", "创建接口令牌"),
    Kind.TOKEN_REVOKED: Words("API token revoked", "撤销接口令牌"),
    Kind.PERSON_CHANGED: Words("Person changed", "人员变更"),
    Kind.DIRECTORY_CHANGED: Words("Directory changed", "名录变更"),
    Kind.CATALOGUE_CHANGED: Words("Catalogue changed", "服务目录变更"),
    Kind.RULE_CHANGED: Words("Routing rule changed", "分派规则变更"),
    Kind.CALENDAR_CHANGED: Words("Calendar changed", "日历变更"),
}

# How many alike in ten minutes stand one by one; of more, the 10th, 100th, 1000th … each.
ONE_BY_ONE = {
    Kind.SIGNED_IN: 20,
    Kind.SIGNED_OUT: 20,
    Kind.SIGN_IN_FAILED: 10,
    Kind.EXPORTED: 20,
}
# Entries of one kind about people who have not signed in, from all addresses together, in ten
# minutes.
MOST_OF_STRANGERS = 500
# Of these, the ones that name a person have a share for each, and for each way to try: neither a
# flood of others nor one of refused tokens keeps wrong passwords out.
MOST_ABOUT_ONE = 100

_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[a-z0-9.-]{1,190}\.[a-z]{2,24}")


def address_typed(text: str) -> str:
    """Give what was typed as an address if it looks like one: what does not could be a password,
    and is not kept.
    """
    said = text.strip().lower()[:255]
    return said if _ADDRESS.fullmatch(said) else ""
