"""Things that may happen in one place only: writing a status, committing, asking the time; and what
must never happen.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture.source import assigned, calls, imports, name_of, ours, product, texts, tree

# The second writer of a status is the set-based twin of the first: it reads the same table, in one
# statement for a whole round.
STATUS_WRITERS = {"service_portal/tickets/services.py", "service_portal/tickets/rounds.py"}
# What a ticket shows of its promises, and who writes it in SQL: a round those of its tickets, for
# which it has asked the projection. Filing has the first ones among the columns of a new ticket.
SHOWN = ("next_due_at", "resolve_due_at", "light", "supervision_level")
PROJECTION = "service_portal/tickets/projection.py"
SQL_PROJECTIONS = {"service_portal/tickets/rounds.py"}
SQL_SHOWN = re.compile(
    rf"\bUPDATE\s+ticket\b.*?\bSET\b((?!\bWHERE\b).)*?\b({'|'.join(SHOWN)})\s*="
    rf"|\bINSERT\s+INTO\s+ticket\s*\([^)]*\b({'|'.join(SHOWN)})\b",
    re.IGNORECASE | re.DOTALL,
)
# Who starts a promise; whoever else wrote a clock would not know its run, ladder and calendar.
CLOCK_WRITERS = {
    "service_portal/tickets/clocks.py",
    "service_portal/tickets/opening.py",
}
SQL_CLOCK = re.compile(r"\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+clock(_pause)?\b", re.IGNORECASE)
# What was promised stays as it was.
FROZEN = (
    "ticket_id",
    "kind",
    "run",
    "limit_amount",
    "limit_unit",
    "calendar_id",
    "ladder_version",
    "started_at",
)
# Who makes rows of a new ticket beside the statement of its opening: the load of the demo, whose
# rows begin as `first_rows` gives them.
BIRTHS = {name: {"service_portal/demo/history.py"} for name in ("Ticket", "TicketWords", "Clock")}
SQL_BIRTH = re.compile(r"\bINSERT\s+INTO\s+(ticket|ticket_words)\b", re.IGNORECASE)
HASHLESS = re.compile(r"service_portal/(ledger|demo|replaying)/|tests/bench/")
SQL_ENTRY = re.compile(r"\bINSERT\s+INTO\s+usage_entry\b", re.IGNORECASE)
TIME_SOURCES = re.compile(
    r"(^|\.)(datetime|date|pd\.Timestamp|dt)\.(now|utcnow|today)$"
    r"|^time\.(time|time_ns|localtime|gmtime)$"
    r"|(^|\.)func\.(now|current_timestamp|localtimestamp)$"
)
SQL_TIME = re.compile(
    r"(?<![a-z_])now\s*\(\s*\)|current_timestamp|current_date|localtimestamp", re.IGNORECASE
)
SQL_STATUS = re.compile(
    r"\bUPDATE\s+ticket\b.*?\bSET\b((?!\bWHERE\b).)*?\bstatus\s*=", re.IGNORECASE | re.DOTALL
)
# Front doors ask the time; what stands behind them is told it.
FRONT_DOORS = re.compile(
    r"service_portal/([a-z]+/(moves/routes|(\w+_)?views|finding|commands)|api/\w+|web/\w+"
    r"|accounts/(session|sign_in_forms|second_factor)|replaying/\w+)\.py|workers/.*"
)

# Not front doors, with a reason: the retrying loop itself; each uploaded file is kept although the
# next one is refused; a token's day of use is noted whether or not the request succeeds; so is what
# was refused, after the request.
OWN_TRANSACTIONS = {
    "service_portal/kernel/unit_of_work.py",
    "service_portal/filing/uploads.py",
    "service_portal/accounts/tokens.py",
    "service_portal/audit/noting.py",
    # A filing is counted whether or not it succeeds.
    "service_portal/filing/pacing.py",
}


def bench() -> tuple[Path, ...]:
    """List the files of the bench, which loads a zone and is no part of the product."""
    return ours(".py", below="tests/bench")


def in_launcher(name: str) -> bool:
    """Say whether a file is the launcher's, which runs before there is a product and measures its
    own seconds.
    """
    return name.startswith("service_portal/launcher/")


def test_only_tickets_services_writes_a_status() -> None:
    # `self.status` is a field of a class of one's own, such as an invented story of the demo; a
    # ticket is never called self there.
    writers = {
        name_of(path)
        for path in product()
        for target in assigned(path)
        if target.endswith(".status") and target != "self.status"
    }
    assert writers == {"service_portal/tickets/services.py"}


def test_only_tickets_writes_a_status_in_sql() -> None:
    writers = {
        name_of(path) for path in product() for text in texts(path) if SQL_STATUS.search(text)
    }
    writers |= {
        name_of(path)
        for path in product()
        for called, call in calls(path)
        if called.endswith(".values")
        and "Ticket" in called
        and any(word.arg == "status" for word in call.keywords)
    }
    assert writers <= STATUS_WRITERS


def test_only_the_projection_writes_what_a_ticket_shows_of_its_promises() -> None:
    writers = {
        name_of(path)
        for path in product()
        for target in assigned(path)
        if target.split(".")[-1] in SHOWN
    }
    writers |= {
        name_of(path)
        for path in product()
        for called, call in calls(path)
        if called.endswith(".values")
        and "Ticket" in called
        and any(word.arg in SHOWN for word in call.keywords)
    }
    assert writers == {PROJECTION}
    assert {
        name_of(path) for path in product() for text in texts(path) if SQL_SHOWN.search(text)
    } == SQL_PROJECTIONS


def test_only_tickets_clocks_writes_clocks() -> None:
    writers = {
        name_of(path) for path in product() for text in texts(path) if SQL_CLOCK.search(text)
    }
    writers |= {
        name_of(path)
        for path in product()
        for called, call in calls(path)
        if (
            called.split(".")[-1] in {"insert", "update", "delete", "insert_rows"}
            and any(ast.unparse(one) in {"Clock", "ClockPause"} for one in call.args)
        )
        or called in {"Clock", "ClockPause"}
    }
    assert writers == CLOCK_WRITERS


def test_nobody_changes_what_was_promised() -> None:
    changing = [
        f"{name_of(path)}: {target}"
        for path in product()
        for target in assigned(path)
        if target in {f"clock.{name}" for name in FROZEN}
    ]
    assert not changing


def test_only_opening_writes_a_new_ticket_in_sql() -> None:
    writers = {
        name_of(path)
        for path in (*product(), *bench())
        for text in texts(path)
        if SQL_BIRTH.search(text)
    }
    assert writers == {"service_portal/tickets/opening.py"}


def test_nobody_else_makes_the_rows_of_a_new_ticket() -> None:
    makers: dict[str, set[str]] = {name: set() for name in BIRTHS}
    for path in (*product(), *bench()):
        # The shapes of the API have names of their own.
        if not any(module.startswith("service_portal.tickets") for module, _ in imports(path)):
            continue
        for called, call in calls(path):
            named = [ast.unparse(argument) for argument in call.args]
            writes = called.split(".")[-1] in {"insert", "insert_rows", "copy_rows"}
            for name in BIRTHS:
                if called.split(".")[-1] == name or (writes and name in named):
                    makers[name].add(name_of(path))
    assert makers == BIRTHS


def test_only_the_database_hashes_the_ledger() -> None:
    # The bench's load lets a window of the ledger's own digest make the chain.
    writers = {
        name_of(path)
        for path in (*product(), *bench())
        for text in texts(path)
        if SQL_ENTRY.search(text)
    }
    assert writers == {"tests/bench/chaining.py"}
    hashing = {
        name_of(path)
        for path in (*product(), *bench())
        for module, _ in imports(path)
        if module == "hashlib"
        and re.match(r"(service_portal/(ledger|demo)|tests/bench)/", name_of(path))
    }
    assert hashing == set()


def test_only_the_unit_of_work_commits() -> None:
    commits = {
        name_of(path)
        for path in product()
        for called, _ in calls(path)
        if called.split(".")[-1] == "commit" and not in_launcher(name_of(path))
    }
    assert commits == {"service_portal/kernel/unit_of_work.py"}


def test_only_the_clock_asks_the_time() -> None:
    asking = {
        name_of(path)
        for path in product()
        for called, _ in calls(path)
        if TIME_SOURCES.search(called)
    }
    asking |= {
        name_of(path)
        for path in product()
        for text in texts(path)
        if SQL_TIME.search(text)
        and re.search(r"\b(select|insert|update|delete)\b", text, re.IGNORECASE)
    }
    assert {name for name in asking if not in_launcher(name)} == {"service_portal/kernel/clock.py"}


def test_only_front_doors_ask_the_clock() -> None:
    asking = {
        name_of(path)
        for path in product()
        for module, name in imports(path)
        if module == "service_portal.kernel.clock" and name == "now"
    }
    asking |= {
        name_of(path)
        for path in product()
        for called, _ in calls(path)
        if called.endswith("clock.now")
    }
    assert {name for name in asking if not FRONT_DOORS.fullmatch(name)} == set()


def test_only_front_doors_open_a_unit_of_work() -> None:
    opening = {
        name_of(path)
        for path in product()
        for called, _ in calls(path)
        if called in {"unit_of_work", "run_retrying"}
    }
    assert {name for name in opening if not FRONT_DOORS.fullmatch(name)} <= OWN_TRANSACTIONS


def test_no_task_carries_a_time() -> None:
    wrong = [
        f"{name_of(path)}:{call.lineno} {called}({word.arg}=)"
        for path in product()
        for called, call in calls(path)
        for word in call.keywords
        if word.arg in {"eta", "countdown"}
        or (
            word.arg == "expires"
            and called.split(".")[-1]
            in {"send_task", "apply_async", "signature", "s", "si", "task"}
        )
    ]
    assert not wrong


def test_no_canvas_and_no_delay() -> None:
    for path in product():
        for module, name in imports(path):
            assert not (
                module.startswith("celery")
                and name in {"chord", "chain", "group", "signature", "shared_task"}
            ), name_of(path)
        assert not [
            called for called, _ in calls(path) if called.split(".")[-1] in {"delay", "apply_async"}
        ], name_of(path)


def test_no_drawer_for_everything() -> None:
    drawers = {
        "util",
        "utils",
        "helper",
        "helpers",
        "common",
        "manager",
        "managers",
        "misc",
        "base",
    }
    assert not [name_of(path) for path in product() if path.stem in drawers]


def test_no_function_is_asynchronous() -> None:
    # The application calls functions as they are, so that no page has to look at each of them.
    assert [
        name_of(path)
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.AsyncFunctionDef)
    ] == []


def test_nobody_listens_to_every_statement_of_an_engine() -> None:
    # One listener makes each statement look for listeners at a dozen places: a tenth of a page.
    listening = {
        name_of(path)
        for path in product()
        for name, call in calls(path)
        if name.endswith(("event.listen", "event.listens_for"))
        and ast.unparse(call.args[0]) == "engine"
        and ast.unparse(call.args[1]).strip("'") not in {"connect", "checkout"}
    }
    assert listening == {"service_portal/developing.py"}
