"""Files that come with a form: kept while what they came with is done, gone when it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app, request
from flask_babel import gettext as _

from service_portal.files.storing import MOST_FILES, Stored, path_of, receive
from service_portal.kernel.errors import Refused


def has_files() -> bool:
    """Say whether files came with the request."""
    return any(upload.filename for upload in request.files.getlist("files"))


@contextmanager
def sent_files() -> Iterator[list[Stored]]:
    """Keep the files sent with a form while it is acted on;
    when it is refused they are gone with it.
    """
    folder = Path(current_app.config["PORTAL_HOME"])
    kept: list[Stored] = []
    uploads = [upload for upload in request.files.getlist("files") if upload.filename]
    if len(uploads) > MOST_FILES:
        raise Refused(_("At most %(n)d files can be attached.", n=MOST_FILES), field="files")
    try:
        for upload in uploads:
            kept.append(receive(upload))
        yield kept
    except BaseException:
        for one in kept:
            path_of(one.storage_name, folder).unlink(missing_ok=True)
        raise
