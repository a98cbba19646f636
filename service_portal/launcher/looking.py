"""`./portal status` and `./portal logs`: what runs and how it is."""

from __future__ import annotations

import argparse
import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

from service_portal.launcher.place import Place
from service_portal.launcher.processes import children_of, family, is_alive, memory
from service_portal.launcher.product import EVERYWHERE
from service_portal.launcher.steps import Trouble, say

LAST_LINES = 15
RESTLESS = 3


def status(place: Place, arguments: list[str]) -> int:
    """Say what runs and how it is: 0 all is well, 1 something is red, 3 it does not run."""
    parser = argparse.ArgumentParser(prog="./portal status")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(arguments)
    running = place.state()
    if not running:
        say("{}" if options.json else "It does not run. Start it with ./portal up")
        return 3
    about = look(running)
    if options.json:
        say(json.dumps(about, indent=2))
    else:
        _show(about, place)
    return 1 if about["red"] else 0


def look(running: dict[str, Any]) -> dict[str, Any]:
    """Gather parts, memory and health of a running copy, and a sentence for each
    thing that is red.
    """
    children = children_of()
    parts: dict[str, dict[str, Any]] = {}
    red = []
    for name, part in {
        "launcher": {"pid": running["pid"], "born": running["born"], "restarts": 0},
        **running["parts"],
    }.items():
        is_up = is_alive(part["pid"], part["born"])
        pids = (
            [running["pid"]]
            if name == "launcher"
            else family(part["pid"], children)
            if is_up
            else []
        )
        shared, resident = memory(pids)
        parts[name] = {
            **part,
            "up": is_up,
            "pids": pids,
            "memory_mb": round(shared, 1),
            "resident_mb": round(resident, 1),
        }
        if not is_up:
            red.append(
                f"The part “{name}” is down and will be started again. If it stays down, its log"
                f" says why: ./portal logs {name}"
            )
        elif part["restarts"] >= RESTLESS:
            red.append(
                f"The part “{name}” was started again {part['restarts']} times. Its log says why:"
                f" ./portal logs {name}"
            )
    health = ask_health(running)
    if not running["ready"]:
        red.append("It is still starting. Ask again in a moment.")
    elif health.get("status") == "red":
        red.append(
            "The health check is red: "
            + (str(health.get("detail") or "") or "see the operator's status page")
            + ". The logs say more: ./portal logs web"
        )
    return {
        "address": running["address"],
        "pid": running["pid"],
        "parts": parts,
        "health": health,
        "red": red,
        "memory_mb": round(sum(part["memory_mb"] for part in parts.values()), 1),
        "resident_mb": round(sum(part["resident_mb"] for part in parts.values()), 1),
    }


def ask_health(running: dict[str, Any]) -> dict[str, Any]:
    """Ask the web's health check; one that does not answer is red."""
    host = running.get("host") or urlsplit(running["address"]).hostname
    connection = http.client.HTTPConnection(
        "127.0.0.1" if host in EVERYWHERE else host, running["port"], timeout=5
    )
    try:
        connection.request("GET", "/healthz", headers={"Accept-Language": "en"})
        answer = connection.getresponse()
        try:
            found = json.loads(answer.read())
        except ValueError:
            found = {}
        return (
            found
            if isinstance(found, dict) and "status" in found
            else {"status": "red" if answer.status >= 500 else "green"}
        )
    except (OSError, http.client.HTTPException) as error:
        return {"status": "red", "detail": f"the web does not answer ({error})"}
    finally:
        connection.close()


def _show(about: dict[str, Any], place: Place) -> None:
    say(f"Service Portal runs at {about['address']}   (home: {place.home})")
    for name, part in about["parts"].items():
        restarts = f"   started again {part['restarts']} ×" if part["restarts"] else ""
        say(
            f"  {name:<10} {'up' if part['up'] else 'DOWN':<5} {part['memory_mb']:>6.0f} MB  "
            f" {len(part['pids'])} process{'es' if len(part['pids']) != 1 else ''}{restarts}"
        )
    say(
        f"  {'together':<16} {about['memory_mb']:>6.0f} MB   memory that processes share is counted"
        " once"
    )
    say(f"  health: {about['health'].get('status')}")
    parts = about["health"].get("parts") or about["health"].get("checks") or {}
    for name, part in parts.items() if isinstance(parts, dict) else ():
        if isinstance(part, dict) and part.get("status") not in ("green", "ok"):
            say(f"    {name}: {part.get('status')} – {part.get('detail', '')}")
    for sentence in about["red"]:
        say(f"  !! {sentence}")


def logs(place: Place, arguments: list[str]) -> int:
    """Print the last lines of the logs, or of one; with -f go on until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="./portal logs")
    parser.add_argument(
        "part", nargs="?", help="web, relay, worker, beat, postgres, valkey or launcher"
    )
    parser.add_argument("-f", "--follow", action="store_true")
    parser.add_argument("-n", "--lines", type=int, default=LAST_LINES)
    options = parser.parse_args(arguments)
    found = sorted(place.logs.glob(f"{options.part or '*'}.log"))
    if not found:
        known = ", ".join(sorted(path.stem for path in place.logs.glob("*.log")))
        raise Trouble(
            f"There is no such log. There are: {known}"
            if known
            else "There are no logs yet; start the product with ./portal up"
        )
    ends = {}
    for path in found:
        text = path.read_text(errors="replace")
        say(f"── {path}\n" + "\n".join(text.splitlines()[-options.lines :]))
        ends[path] = path.stat().st_size
    while options.follow:
        time.sleep(0.3)
        for path, end in ends.items():
            size = path.stat().st_size
            if size != end:
                with path.open("rb") as log:
                    log.seek(end if size > end else 0)
                    say(log.read().decode(errors="replace").rstrip("\n"))
                ends[path] = size
    return 0
