"""A step is done again when, and only when, its sources have changed."""

from __future__ import annotations

import os
from pathlib import Path

from service_portal.launcher.stamps import digest, done, glance, is_done


def test_a_step_is_done_for_exactly_one_state_of_its_sources(tmp_path: Path) -> None:
    mark, lock = tmp_path / "folder" / "made", tmp_path / "lock"
    lock.write_text("one")
    assert not is_done(mark, digest(lock))
    done(mark, digest(lock))
    assert is_done(mark, digest(lock))
    lock.write_text("two")
    assert not is_done(mark, digest(lock))
    lock.write_text("one")
    assert is_done(mark, digest(lock))


def test_a_missing_source_differs_from_an_empty_one_and_from_one_that_says_so(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lock"
    seen = {digest(path)}
    path.touch()
    seen.add(digest(path))
    path.write_text("else")
    seen.add(digest(path))
    assert len(seen) == 3


def test_a_glance_sees_names_sizes_and_times(tmp_path: Path) -> None:
    one = tmp_path / "one.py"
    one.write_text("a")
    first = glance([one])
    assert glance([one]) == first
    os.utime(one, ns=(1, 1))
    assert glance([one]) != first
    assert glance([one, tmp_path]) != glance([one])
