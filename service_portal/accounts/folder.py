"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.accounts import (
    factor_views,
    join_views,
    models,
    organisation_views,
    pages,
    people_views,
    settings_views,
    views,
)
from service_portal.accounts.session import init_accounts
from service_portal.folders import Folder, MenuEntry
from service_portal.folders.health import Mails

# Their pages stand on the one blueprint once they are imported.
VIEWS = (views, settings_views, organisation_views, join_views, people_views)

FOLDER = Folder(
    name="accounts",
    tables=models,
    noted=("api_token", "invitation", "membership"),
    pages=(pages.blueprint, factor_views.blueprint),
    menu=(MenuEntry(140, "accounts.people", _l("People"), "users", P.PEOPLE_MANAGE),),
    mails=(
        Mails(
            "letter",
            what="letter",
            kind="template",
            missed="drop_reason IS DISTINCT FROM 'unknown'",
            invited="invitation_id IS NOT NULL",
        ),
    ),
    init=init_accounts,
)
