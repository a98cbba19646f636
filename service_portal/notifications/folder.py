"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.folders import Folder
from service_portal.folders.health import Mails
from service_portal.notifications import models, views

KIND = "SELECT kind FROM notification AS n WHERE n.id = notification_delivery.notification_id"

FOLDER = Folder(
    name="notifications",
    tables=models,
    pages=(views.blueprint,),
    mails=(
        Mails("notification_delivery", what="mail", kind=f"({KIND})", which="channel = 'mail'"),
        # Of the release before, which kept message and delivery in one row.
        Mails("notification", what="former-mail", kind="kind", which="channel = 'mail'"),
    ),
)
