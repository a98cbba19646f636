"""Files that lie on the disk for nobody."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from service_portal.files.storing import forget_files
from service_portal.kernel.db import db
from service_portal.kernel.logs import log

FOLDERS = 256
# A file lies on the disk before its row is stored; after a day no row will come.
WAITS_SECONDS = 86_400


@cache
def _known() -> sa.CompoundSelect[Any]:
    """Give the statement that finds some names in every table of files."""
    tables = [table for table in db.metadata.sorted_tables if "storage_name" in table.c]
    names: sa.BindParameter[Any] = sa.bindparam("names")
    return sa.union_all(
        *(
            sa.select(table.c.storage_name).where(table.c.storage_name == sa.any_(names))
            for table in tables
        )
    )


def sweep_disk(folder: Path, *, now: datetime) -> int:
    """Remove the files of one of the 256 folders that no row speaks of, and count them.

    Called every ten minutes, it comes round to all within two days.
    """
    part = folder / "files" / f"{int(now.timestamp()) // 600 % FOLDERS:02x}"
    if not part.is_dir():
        return 0
    old = now.timestamp() - WAITS_SECONDS
    found = {path.name: path for path in part.iterdir() if path.stat().st_mtime < old}
    known = set(db.session.scalars(_known(), {"names": list(found)})) if found else set()
    nobodys = [path for name, path in found.items() if name not in known]
    forget_files(nobodys)
    if nobodys:
        log.info("files without a row removed", files=len(nobodys), folder=part.name)
    return len(nobodys)
