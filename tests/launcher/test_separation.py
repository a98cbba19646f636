"""Started by root, code of the web's user reaches neither the database's files nor its process."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from service_portal.launcher import privileges
from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.privileges import DATABASE, NAME, QUEUE, dropped, service_user
from service_portal.launcher.processes import children_of, family
from service_portal.launcher.product import Product
from tests.launcher.copies import Copy
from tests.launcher.test_running import SERVING

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("launcher"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
]

# What a broken web process would try, with all it has: its user. Each that succeeds is printed.
ATTEMPTS = """
import json, os, pathlib, signal, sys
home, postmaster, valkey = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
data, socket = home / "postgres" / "data", home / "postgres" / "socket"
attempts = {
    "write pg_hba.conf": lambda: open(data / "pg_hba.conf", "a"),
    "list the data": lambda: os.listdir(data),
    "read the version": lambda: (data / "PG_VERSION").read_text(),
    "signal the postmaster": lambda: os.kill(postmaster, signal.SIGHUP),
    "read its environment": lambda: open(f"/proc/{postmaster}/environ").read(),
    "work where it works": lambda: os.chdir(f"/proc/{postmaster}/cwd"),
    "open its log": lambda: open(home / "logs" / "postgres.log", "a"),
    "open its log by its process": lambda: open(f"/proc/{postmaster}/fd/2", "a"),
    "replace the data": lambda: os.rename(data, data.with_name("other")),
    "replace the folder": lambda: os.rename(data.parent, home / "other"),
    "replace the socket": lambda: os.unlink(socket / ".s.PGSQL.5432"),
    "pose as the server": lambda: (socket / "another").touch(),
    "open the folder": lambda: os.chmod(data.parent, 0o777),
    "add to the home": lambda: os.symlink("/etc", home / "replay"),
    "replace files": lambda: os.rename(home / "files", home / "mail" / "files"),
    "read the keys": lambda: os.listdir(home / "keep"),
    "signal Valkey": lambda: os.kill(valkey, signal.SIGHUP),
    "read Valkey's environment": lambda: open(f"/proc/{valkey}/environ").read(),
    "change Valkey's configuration": lambda: open(home / "valkey" / "valkey.conf", "a"),
    "list Valkey's data": lambda: os.listdir(home / "valkey" / "data"),
    "change the code": lambda: open(pathlib.Path(sys.argv[4]) / "wsgi.py", "a"),
}
succeeded = []
for name, attempt in attempts.items():
    try:
        attempt()
        succeeded.append(name)
    except PermissionError:
        pass
print(json.dumps([os.getuid(), succeeded]))
"""


@pytest.fixture(scope="module")
def copy() -> Iterator[Copy]:
    """A copy that root has started."""
    with tempfile.TemporaryDirectory(prefix="portal-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        made = Copy(Path(name) / "home")
        made.up()
        yield made
        command = [sys.executable, str(ROOT / "portal"), "down"]
        subprocess.run(command, env=made.env, capture_output=True, check=False)


def pid(copy: Copy, part: str) -> int:
    """Give the process of a part."""
    return int(copy.place.state()["parts"][part]["pid"])


def owner(process: int) -> str:
    """Name the user who runs a process."""
    return pwd.getpwuid(Path(f"/proc/{process}").stat().st_uid).pw_name


def owners(folder: Path) -> set[str]:
    """Name all users who own something in a folder."""
    found = {pwd.getpwuid(path.lstat().st_uid).pw_name for path in folder.rglob("*")}
    return found | {pwd.getpwuid(folder.stat().st_uid).pw_name}


def test_the_webs_user_can_not_let_itself_into_the_database(copy: Copy) -> None:
    user = service_user()
    assert user is not None
    reach = Product(copy.place).reach
    numbers = [str(pid(copy, "postgres")), str(pid(copy, "valkey"))]
    tried = subprocess.run(
        [str(reach.python), "-c", ATTEMPTS, str(copy.place.home), *numbers, str(reach.code)],
        cwd="/",
        env=reach.env,
        capture_output=True,
        text=True,
        check=True,
        **dropped(user),
    )
    assert json.loads(tried.stdout) == [user.pw_uid, []]
    assert copy.page() and copy.status()["red"] == []


def test_each_server_has_a_user_of_its_own(copy: Copy) -> None:
    children = children_of()
    for part, name in {
        "postgres": DATABASE,
        "valkey": QUEUE,
        **dict.fromkeys(SERVING, NAME),
    }.items():
        assert {owner(one) for one in family(pid(copy, part), children)} == {name}


@pytest.mark.parametrize(
    "words",
    [
        ("CONFIG", "SET", "dir", "/tmp"),
        ("MODULE", "LOAD", "/tmp/other.so"),
        ("DEBUG", "RELOAD"),
        ("REPLICAOF", "127.0.0.1", "1"),
        ("EVAL", "return 1", "0"),
        ("RESTORE", "one", "0", "nothing"),
        ("MIGRATE", "127.0.0.1", "1", "one", "0", "1"),
        ("ACL", "SETUSER", "default", "+@all"),
        ("MONITOR",),
        ("SHUTDOWN",),
    ],
)
def test_the_queues_password_administers_nothing(copy: Copy, words: tuple[str, ...]) -> None:
    url = Product(copy.place).valkey.url
    refused = pytest.raises(redis.exceptions.ResponseError, match=r"no permissions|not allowed")
    with redis.Redis.from_url(url) as queue, refused:
        queue.execute_command(*words)


def test_the_queue_takes_back_the_lock_that_its_client_gives_back(copy: Copy) -> None:
    with redis.Redis.from_url(Product(copy.place).valkey.url) as queue:
        with queue.lock("a-lock-of-this-test", timeout=30):
            assert queue.get("a-lock-of-this-test")
        assert queue.get("a-lock-of-this-test") is None


def test_a_backup_of_the_running_zone_is_made(copy: Copy, tmp_path: Path) -> None:
    assert "Backed up and read back" in copy.portal("backup", str(tmp_path / "backup"))


def test_a_home_whose_servers_ran_as_the_webs_user_goes_on_with_its_data(copy: Copy) -> None:
    user, home = service_user(), copy.place.home
    assert user is not None
    copy.portal("down")
    outside = home.with_name("outside")
    outside.mkdir(exist_ok=True)
    (outside / "one").touch()
    given = [home / "postgres" / "data", home / "postgres" / "socket", home / "valkey" / "data"]
    for path in (one for folder in given for one in (folder, *folder.rglob("*"))):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    os.chown(home / "valkey" / "valkey.conf", user.pw_uid, user.pw_gid)
    (home / "postgres" / "data" / "link").symlink_to(outside)
    home.chmod(0o1770)
    said = copy.up()
    assert "making" not in said and "bringing" not in said
    assert copy.page() and copy.status()["red"] == []
    (home / "postgres" / "data" / "link").unlink()
    assert owners(home / "postgres" / "data") == owners(home / "postgres" / "socket") == {DATABASE}
    assert owners(home / "valkey" / "data") == {QUEUE} and owners(outside) == {"root"}
    assert home.stat().st_mode & 0o7777 == 0o750


def test_where_no_users_can_be_made_a_start_says_that_they_share_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*_words: Any) -> None:
        return None

    monkeypatch.setattr(privileges, "DATABASE", "nobody-has-made-it")
    monkeypatch.setattr(privileges, "_made", none)
    with tempfile.TemporaryDirectory(prefix="portal-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        place = Place(Path(name) / "home")
        place.make()
        product = Product(place)
    assert product.postgres.user == product.service_user and product.is_one_user
