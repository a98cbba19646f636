"""A backup each night, as a part of the running product: made, read back, and only then an old one
goes.

The launcher runs it, because only the launcher knows the address of the schema's owner and the
keys.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from config import Settings
from service_portal.launcher import backing_up
from service_portal.launcher.archives import Manifest, read_manifest
from service_portal.launcher.operating import check_settings
from service_portal.launcher.place import Place
from service_portal.launcher.product import Product
from service_portal.launcher.steps import Trouble, counted, say, sentence_of

AT_HOUR, AT_MINUTE = 2, 30
LOOK_SECONDS, AGAIN_SECONDS = 20.0, 1800.0
NAME = re.compile(r"\d{8}-\d{6}")
LAST = "last-backup"


def run(place: Place) -> int:
    """Back up whenever a night has come, until told to stop; what does not succeed is tried again
    after half an hour.
    """
    os.nice(10)
    product = Product(place)
    settings = check_settings(product.environment())
    while True:
        pause = LOOK_SECONDS
        if place.state().get("ready") and is_due(
            place, datetime.now(UTC), ZoneInfo(settings.time_zone)
        ):
            try:
                back_up(product, settings)
            except Exception as error:
                # Whatever it was, the next try is not made at once.
                sentence = sentence_of(error) if isinstance(error, OSError) else None
                shown = sentence or (error if isinstance(error, Trouble) else repr(error))
                say(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} No backup was made. {shown}")
                pause = AGAIN_SECONDS
        time.sleep(pause)


def back_up(product: Product, settings: Settings) -> Path:
    """Make one backup beside the earlier ones, then remove those that are too old, and give its
    folder.
    """
    folder, moment = Path(settings.backup_dir).resolve(), datetime.now(UTC)
    target = folder / f"{moment:%Y%m%d-%H%M%S}"
    earlier = last(product.place)
    manifest = backing_up.make(product, target, kind="nightly", previous=earlier)
    product.place.keep(LAST, target)
    say(f"{moment:%Y-%m-%d %H:%M:%S} Backed up and read back: {manifest.in_words()}. {target}")
    if manifest.lost:
        lost = counted(len(manifest.lost), "attachment", "is", "are")
        say(f"  !! {lost} missing or damaged: {', '.join(manifest.lost[:5])}")
    for old in too_old(folder, manifest, keep=timedelta(days=settings.backup_keep_days)):
        remove(old)
        say(f"  {old.name} is older than {settings.backup_keep_days} days and was removed.")
    return target


def is_due(place: Place, moment: datetime, zone: ZoneInfo) -> bool:
    """Say whether the last backup is gone, or from before the last 02:30 of the zone."""
    found = last(place)
    if found is None:
        return True
    local = moment.astimezone(zone)
    night = local.replace(hour=AT_HOUR, minute=AT_MINUTE, second=0, microsecond=0)
    if night > local:
        night -= timedelta(days=1)
    return made_at(read_manifest(found)) < night


def last(place: Place) -> Path | None:
    """Give the folder of the last nightly backup, None when there is none that can be read."""
    kept = place.home / "keep" / LAST
    try:
        found = Path(kept.read_text().strip())
        read_manifest(found)
    except (OSError, Trouble):
        return None
    return found


def made_at(manifest: Manifest) -> datetime:
    """Give the moment a backup shows."""
    return datetime.strptime(manifest.made_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def too_old(folder: Path, newest: Manifest, *, keep: timedelta) -> list[Path]:
    """List the nightly backups of the same zone that are older than the newest
    by more than `keep`.
    """
    found = []
    for path in sorted(folder.iterdir()):
        if not NAME.fullmatch(path.name) or not path.is_dir():
            continue
        try:
            manifest = read_manifest(path)
        except Trouble:
            continue
        if manifest.zone == newest.zone and made_at(newest) - made_at(manifest) > keep:
            found.append(path)
    return found


def remove(backup: Path) -> None:
    """Remove a backup; one that is half removed does not look like one."""
    part = backup.with_name(f"{backup.name}.part")
    backup.rename(part)
    shutil.rmtree(part)
