"""Whose the folders of a home are: root gives them away without being led elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from service_portal.launcher import ownership
from service_portal.launcher.ownership import open_to, own, share
from service_portal.launcher.privileges import service_user, users
from service_portal.launcher.steps import Trouble

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")


def give(path: Path) -> None:
    """Let a path be the product's user's, as an earlier release made it."""
    user = service_user()
    assert user is not None
    os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def test_a_folder_of_the_former_user_changes_hands_with_all_that_is_in_it(tmp_path: Path) -> None:
    user = users().database
    assert user is not None
    (tmp_path / "data" / "base").mkdir(parents=True)
    (tmp_path / "data" / "base" / "1").touch(mode=0o600)
    for path in (tmp_path / "data", *(tmp_path / "data").rglob("*")):
        give(path)
    own(tmp_path / "data", user)
    for path in (tmp_path / "data", *(tmp_path / "data").rglob("*")):
        assert path.stat().st_uid == user.pw_uid and path.stat().st_mode & 0o077 == 0


def test_one_that_was_cut_short_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = users().database
    assert user is not None
    (tmp_path / "data").mkdir()
    for name in ("1", "2", "3"):
        (tmp_path / "data" / name).touch()
        give(tmp_path / "data" / name)
    give(tmp_path / "data")
    with monkeypatch.context() as cut:
        cut.setattr(ownership, "_settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            own(tmp_path / "data", user)
    assert (tmp_path / "data").stat().st_uid == 0
    own(tmp_path / "data", user)
    assert {path.stat().st_uid for path in tmp_path.glob("data/*")} == {user.pw_uid}


def test_what_a_link_leads_to_stays_as_it_is(tmp_path: Path) -> None:
    outside, data = tmp_path / "outside", tmp_path / "home" / "files"
    outside.mkdir(mode=0o755)
    (outside / "one").touch()
    (outside / "one").chmod(0o644)
    data.mkdir(parents=True)
    (data / "folder").symlink_to(outside)
    (data / "file").symlink_to(outside / "one")
    os.link(outside / "one", data / "other-name")
    share(tmp_path / "home", service_user(), apart=())
    own(data, users().database)
    assert [path.stat().st_uid for path in (outside, outside / "one")] == [0, 0]
    assert stat.S_IMODE((outside / "one").stat().st_mode) == 0o644


def test_a_folder_that_the_web_has_put_where_ours_belongs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "replay").symlink_to(tmp_path / "elsewhere")
    give(tmp_path / "replay")
    with pytest.raises(Trouble, match="belongs to somebody else"):
        open_to(tmp_path / "replay", service_user())
    assert (tmp_path / "elsewhere").stat().st_gid == 0


def test_a_link_that_the_operator_has_set_leads_on(tmp_path: Path) -> None:
    user = service_user()
    assert user is not None
    (tmp_path / "disk").mkdir()
    (tmp_path / "postgres").symlink_to(tmp_path / "disk")
    open_to(tmp_path / "postgres", user)
    assert (tmp_path / "disk").stat().st_gid == user.pw_gid
