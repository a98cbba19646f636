"""Imports only go down: the import contracts hold, rules are plain Python, the launcher needs
nothing, the web knows no broker.
"""

from __future__ import annotations

import subprocess
import sys
from configparser import ConfigParser

import pytest

from tests.architecture.source import ROOT, imports, name_of, ours

BLOCKED = (
    "flask",
    "flask_babel",
    "flask_sqlalchemy",
    "flask_login",
    "flask_security",
    "flask_wtf",
    "wtforms",
    "sqlalchemy",
    "psycopg",
    "celery",
    "kombu",
    "redis",
)
PURE = sorted(
    {
        name_of(path)
        for path in ours(".py", below="service_portal")
        if path.name == "rules.py"
        or path.name.endswith("_rules.py")
        or path.parent.name == "access"
    }
    | {
        f"service_portal/{name}.py"
        for name in (
            "sla/business_time",
            "sla/codes",
            "tickets/codes",
            "tickets/predicates",
            "kernel/codes",
            "kernel/dates",
            "kernel/reasons",
            "kernel/words",
            "kernel/setting_values",
            "catalogue/search",
            "events/catalog",
            "events/subscriptions",
        )
    }
    | {"workers/queues.py", "workers/schedule.py", "config.py"}
)

BLOCKER = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in %r:
            raise ImportError(f"{name} is not for pure modules")
sys.meta_path.insert(0, Blocked())
import importlib
for module in %r:
    importlib.import_module(module)
"""


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter of its own, at the root of the repository."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_import_contracts_hold() -> None:
    pytest.importorskip("importlinter")
    checked = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import sys; from importlinter.cli import lint_imports;"
                " sys.exit(lint_imports(no_cache=True))"
            ),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"NO_COLOR": "1", "COLUMNS": "200", "PYTHONPATH": str(ROOT)},
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_folder_with_rooms_is_in_the_contract() -> None:
    contract = ConfigParser()
    contract.read(ROOT / ".importlinter")
    listed = set(contract["importlinter:contract:rooms"]["containers"].split())
    rooms = {"views", "forms", "services", "queries", "models", "rules"}
    having = {path.parent for path in ours(".py", below="service_portal") if path.stem in rooms}
    apart = {
        "service_portal.events",
        "service_portal.web",
        "service_portal.api",
        "service_portal.replaying",
        "service_portal.demo",
    }
    assert {f"service_portal.{folder.name}" for folder in having} - apart == listed


def test_pure_modules_import_with_the_frameworks_blocked() -> None:
    modules = [
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in PURE
    ]
    assert "service_portal.tickets.rules" in modules and "service_portal.access.policy" in modules
    ran = run_python(BLOCKER % (BLOCKED, modules))
    assert ran.returncode == 0, ran.stderr


def test_the_launcher_needs_only_the_standard_library() -> None:
    wrong = []
    for path in [
        *ours(".py", below="service_portal/launcher"),
        ROOT / "portal",
        ROOT / "config.py",
        ROOT / "service_portal" / "kernel" / "setting_values.py",
    ]:
        for module, name in imports(path):
            first = module.split(".")[0]
            if (
                first not in sys.stdlib_module_names
                and module != "config"
                and (module, name) != ("service_portal.kernel", "setting_values")
                and not module.startswith("service_portal.launcher")
            ):
                wrong.append(f"{name_of(path)} imports {module}")
    assert not wrong


def test_the_web_loads_no_broker() -> None:
    code = """
import sys, os
os.environ.update(
    DATABASE_URL="postgresql://nobody@localhost/none",
    REDIS_URL="redis://127.0.0.1:1/0",
    SECRET_KEY="k" * 32,
    SECURITY_PASSWORD_SALT="s" * 16,
    SECURITY_TOTP_SECRETS="t" * 16,
)
import wsgi
brokers = {"celery", "kombu", "redis", "workers"}
loaded = sorted(name for name in sys.modules if name.split(".")[0] in brokers)
sys.exit(f"the web process has loaded {loaded[:5]}" if loaded else 0)
"""
    ran = run_python(code)
    assert ran.returncode == 0, ran.stderr
