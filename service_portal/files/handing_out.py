"""Hands a stored file out: always as a download, never to be run."""

from __future__ import annotations

from pathlib import Path

from flask import current_app, send_file
from werkzeug.wrappers import Response

from service_portal.files.models import StoredFile
from service_portal.files.storing import path_of
from service_portal.kernel.errors import Missing


def hand_out(file: StoredFile) -> Response:
    """Give a file to somebody who may read it. Raises Missing when it is not on the disk."""
    path = path_of(file.storage_name, Path(current_app.config["PORTAL_HOME"]).resolve())
    if not path.exists():
        raise Missing()
    answer = send_file(
        path, mimetype=file.content_type, as_attachment=True, download_name=file.file_name
    )
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
