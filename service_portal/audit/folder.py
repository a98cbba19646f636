"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.audit import models, views
from service_portal.audit.noting import init_audit
from service_portal.folders import Folder, MenuEntry

FOLDER = Folder(
    name="audit",
    tables=models,
    pages=(views.blueprint,),
    menu=(MenuEntry(150, "audit.entries", _l("Log"), "lock", P.AUDIT_READ),),
    init=init_audit,
)
