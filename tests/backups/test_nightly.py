"""The nightly backup: when it is due, what it costs, and when an old one goes."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service_portal.launcher import nightly
from service_portal.launcher.archives import read_manifest
from service_portal.launcher.operating import check_settings
from service_portal.launcher.parts import nightly_backup
from service_portal.launcher.product import Product
from service_portal.launcher.steps import Trouble
from tests.backups.conftest import Home, Operator

pytestmark = pytest.mark.xdist_group("backups")

SHANGHAI = ZoneInfo("Asia/Shanghai")


def back_up(operator: Operator, zone: Home, folder: Path) -> Path:
    """Let the nightly part make one."""
    product = Product(operator.at(zone, BACKUP_DIR=str(folder), BACKUP_KEEP_DAYS="7"))
    return nightly.back_up(product, check_settings(product.environment()))


def dated(backup: Path, moment: datetime, **values: object) -> Path:
    """Let a backup be of another moment, under the name it would have."""
    path = backup / "manifest.json"
    about = {**json.loads(path.read_text()), "made_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}", **values}
    path.write_text(json.dumps(about))
    return backup.rename(backup.with_name(f"{moment:%Y%m%d-%H%M%S}"))


def test_old_ones_of_this_zone_go_after_a_new_one_is_read_back(
    zone: Home, operator: Operator, tmp_path: Path
) -> None:
    first = back_up(operator, zone, tmp_path)
    moment = datetime.now(UTC)
    foreign = dated(
        Path(shutil.copytree(first, tmp_path / "foreign")),
        moment - timedelta(days=30),
        zone="another",
    )
    recent = dated(Path(shutil.copytree(first, tmp_path / "recent")), moment - timedelta(days=6))
    by_hand = Path(shutil.copytree(recent, tmp_path / "before-the-move"))
    old = dated(first, moment - timedelta(days=8))
    zone.place.keep(nightly.LAST, old)
    inodes = {path.name: path.stat().st_ino for path in old.glob("files/*/*")}
    newest = back_up(operator, zone, tmp_path)
    assert sorted(path for path in tmp_path.iterdir()) == sorted([foreign, recent, by_hand, newest])
    # What does not change lies on the disk once.
    assert inodes and {path.name: path.stat().st_ino for path in newest.glob("files/*/*")} == inodes
    assert zone.rows("SELECT kind, succeeded, files FROM backup_run ORDER BY id DESC LIMIT 1") == [
        ("nightly", True, 3)
    ]


def test_one_is_due_when_the_last_is_from_before_the_night_or_gone(
    zone: Home, operator: Operator, tmp_path: Path
) -> None:
    (zone.place.home / "keep" / nightly.LAST).unlink(missing_ok=True)
    assert nightly.is_due(zone.place, datetime.now(UTC), SHANGHAI)
    made = back_up(operator, zone, tmp_path)
    made = dated(made, datetime(2026, 11, 30, 18, 30, tzinfo=UTC))
    zone.place.keep(nightly.LAST, made)
    assert read_manifest(made).made_at == "2026-11-30T18:30:00Z"
    # 18:30 UTC is 02:30 in Shanghai.
    assert not nightly.is_due(zone.place, datetime(2026, 12, 1, 18, 29, tzinfo=UTC), SHANGHAI)
    assert nightly.is_due(zone.place, datetime(2026, 12, 1, 18, 31, tzinfo=UTC), SHANGHAI)
    shutil.rmtree(made)
    assert nightly.is_due(zone.place, datetime(2026, 12, 1, 18, 29, tzinfo=UTC), SHANGHAI)


def test_a_failed_one_leaves_the_earlier_ones_and_is_known(
    zone: Home, operator: Operator, tmp_path: Path
) -> None:
    back_up(operator, zone, tmp_path / "backups")
    kept = sorted((tmp_path / "backups").iterdir())
    shutil.move(tmp_path / "backups", tmp_path / "moved")
    (tmp_path / "backups").write_text("a file where the folder should be")
    with pytest.raises(OSError, match=r"File exists|Not a directory"):
        back_up(operator, zone, tmp_path / "backups")
    assert [path.name for path in sorted((tmp_path / "moved").iterdir())] == [
        path.name for path in kept
    ]
    assert zone.rows("SELECT kind, succeeded FROM backup_run ORDER BY id DESC LIMIT 1") == [
        ("nightly", False)
    ]


def test_it_is_a_part_of_the_product_only_where_a_folder_is_set(zone: Home) -> None:
    assert nightly_backup(zone.place, "") == []
    (part,) = nightly_backup(zone.place, "/srv/backups")
    assert part.name == "backup" and part.user is None
    with pytest.raises(Trouble, match="lies inside the home"):
        nightly_backup(zone.place, str(zone.place.home / "backups"))
