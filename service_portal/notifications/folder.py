"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.folders import Folder
from service_portal.folders.health import Mails
from service_portal.notifications import models, views

FOLDER = Folder(
    name="notifications",
    tables=models,
    pages=(views.blueprint,),
    mails=(Mails("notification", what="mail", kind="kind", which="channel = 'mail'"),),
)
