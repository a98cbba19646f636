"""Files that come with a request: each is kept by itself, although the next one is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from service_portal.files.storing import MOST_FILES, Stored, storing
from service_portal.kernel.errors import Refused
from service_portal.kernel.unit_of_work import unit_of_work


def put_each(uploads: Iterable[FileStorage], put: Callable[[Stored], object]) -> list[str]:
    """Store each uploaded file and put it where it belongs; give a sentence for each refused."""
    named = [upload for upload in uploads if upload.filename]
    if len(named) > MOST_FILES:
        return [_("At most %(n)d files can be attached.", n=MOST_FILES)]
    problems = []
    for upload in named:
        try:
            with storing(upload) as stored, unit_of_work():
                put(stored)
        except Refused as refusal:
            problems.append(str(refusal.message))
    return problems
