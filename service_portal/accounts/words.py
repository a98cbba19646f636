"""The names of roles and of what tokens may do. Pure."""

from __future__ import annotations

from service_portal.access.actor import Role
from service_portal.access.scopes import TokenScope
from service_portal.kernel.words import Words

ROLE_WORDS: dict[Role, Words] = {
    Role.ENTERPRISE_OWNER: Words("Enterprise owner", "企业负责人"),
    Role.ENTERPRISE_STAFF: Words("Enterprise staff", "企业员工"),
    Role.STATION_MEMBER: Words("Station member", "服务站成员"),
    Role.STATION_LEAD: Words("Station lead", "服务站站长"),
    Role.INSTITUTION_LEAD: Words("Institution lead", "机构负责人"),
    Role.INSTITUTION_WORKER: Words("Institution worker", "机构经办人"),
    Role.MANAGER: Words("Zone manager", "高新区管理者"),
    Role.AUDITOR: Words("Auditor", "审计员"),
    Role.ADMINISTRATOR: Words("Administrator", "系统管理员"),
    Role.SYSTEM: Words("System", "系统"),
}

SCOPE_WORDS: dict[TokenScope, Words] = {
    TokenScope.READ: Words("Read services and tickets", "读取服务与诉求"),
    TokenScope.WRITE: Words("File and act", "提交与办理"),
    TokenScope.COUNTS: Words("Read counts", "读取统计"),
}
