"""Programs over HTTP that do not give up: whatever goes wrong, the same request is sent again under
the same key.
"""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, Queue
from threading import Lock
from typing import Any

from tests.reliability.zone import Zone

REQUESTS: tuple[dict[str, Any], ...] = (
    {
        "service": "POL-03",
        "answers": {
            "policy_doc_no": "NH-2026-17",
            "amount_claimed": "120000",
            "claim_stage": "filed",
        },
    },
    {"service": "POL-01", "answers": {"policy_topic": "Machines", "question": "Which ones?"}},
    {
        "service": "LEG-02",
        "answers": {
            "contract_type": "Lease",
            "counterparty": "Jinyu",
            "amount_cny": "90000",
            "sign_by": "2027-03-01",
        },
    },
)
RESULT = {
    "body": "Everything was looked at and is in order.",
    "outcome": "resolved",
    "evidence_note": "slip 4711",
    "channel": "document",
    "minutes": 30,
}
PATIENCE = 600.0


@dataclass
class History:
    """What the programs were told: answers by kind, and for each key the reference that was
    acknowledged.
    """

    answers: Counter[str] = field(default_factory=Counter)
    filed: dict[str, str] = field(default_factory=dict)
    delivered: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


class Program:
    """Speaks to the API on one port with any token."""

    def __init__(self, port: int, history: History) -> None:
        self.port, self.history = port, history

    def once(
        self, method: str, path: str, token: str, said: Any = None, key: str | None = None
    ) -> tuple[int, Any]:
        """Send one request and give status and body.

        Raises OSError or HTTPException when the connection breaks.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                **({"Idempotency-Key": key} if key else {}),
            }
            connection.request(
                method,
                f"/api/v1{path}",
                body=None if said is None else json.dumps(said),
                headers=headers,
            )
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def ask(
        self, method: str, path: str, token: str, said: Any = None, key: str | None = None
    ) -> tuple[int, Any]:
        """Send a request until it is answered by something else than an error of the server."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                status, body = self.once(method, path, token, said, key)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._note(type(error).__name__)
            else:
                self._note(str(status))
                if status < 500:
                    return status, body
            time.sleep(0.15)
        raise AssertionError(f"{method} {path} was not answered within {PATIENCE} s")

    def _note(self, kind: str) -> None:
        with self.history.lock:
            self.history.answers[kind] += 1

    def file(self, number: int, zone: Zone) -> str:
        """File the request with this number and give its reference; every tenth is sent once more
        and must get the same one.
        """
        said = {
            **REQUESTS[number % len(REQUESTS)],
            "title": f"Request number {number}",
            "description": "Filed in a storm.",
            "contact_name": "林伟",
            "contact_phone": "0757-8888 0000",
        }
        token, key = zone.owners[number % len(zone.owners)], f"filing-{number:06}"
        for _ in range(2 if number % 10 == 0 else 1):
            status, body = self.ask("POST", "/tickets", token, said, key)
            with self.history.lock:
                if (
                    status != 201
                    or self.history.filed.setdefault(key, body["reference"]) != body["reference"]
                ):
                    self.history.wrong.append(f"filing {number}: {status} {body}")
        return self.history.filed[key]

    def deliver(self, number: int, reference: str, zone: Zone) -> None:
        """Take a ticket from where it is to its confirmed end, as soon as each step is possible."""
        owner, until = zone.owners[number % len(zone.owners)], time.monotonic() + PATIENCE
        while time.monotonic() < until:
            status, ticket = self.ask("GET", f"/tickets/{reference}", owner)
            step = (
                None
                if status != 200
                else self._next(
                    ticket["status"],
                    REQUESTS[number % len(REQUESTS)]["service"],
                    reference,
                    owner,
                    zone,
                )
            )
            if status != 200 or step is None:
                if status == 200 and ticket["status"] == "closed":
                    with self.history.lock:
                        self.history.delivered.append(reference)
                    return
                time.sleep(0.2)
                continue
            token, move = step
            status, body = self.ask(
                "POST", f"/tickets/{reference}/moves", token, move, f"{move['move']}-{reference}"
            )
            if status != 200:
                with self.history.lock:
                    self.history.wrong.append(f"{move['move']} on {reference}: {status} {body}")
                return
        with self.history.lock:
            self.history.wrong.append(f"{reference} was not delivered in time")

    def _next(
        self, state: str, service: str, reference: str, owner: str, zone: Zone
    ) -> tuple[str, dict[str, Any]] | None:
        from_pool = service == "LEG-02"
        if state == "submitted" and service != "POL-01":
            status, ticket = self.ask("GET", f"/tickets/{reference}", zone.lead)
            return (
                (zone.lead, {"move": "accept"})
                if status == 200 and ticket["owner"] and "accept" in ticket["moves"]
                else None
            )
        if state == "accepted" and not from_pool:
            return zone.lead, {"move": "start"}
        if state in {"dispatched", "in_progress"}:
            wanted = "pick_up" if state == "dispatched" else "answer"
            asked = zone.institutions if from_pool else [zone.lead]
            token = next((one for one in asked if wanted in self._moves(reference, one)), None)
            return (
                None
                if token is None
                else (token, {"move": wanted, **(RESULT if wanted == "answer" else {})})
            )
        if state == "answered":
            return owner, {"move": "confirm", "level": 5, "solved": True}
        return None

    def _moves(self, reference: str, token: str) -> list[str]:
        status, ticket = self.ask("GET", f"/tickets/{reference}", token)
        return ticket["moves"] if status == 200 else []


def work_through(
    queue: Queue[Any], act: Callable[[Any], None], *, until_closed: Callable[[], bool]
) -> None:
    """Act on what lies in a queue until it is empty and closed."""
    while True:
        try:
            one = queue.get(timeout=0.2)
        except Empty:
            if until_closed():
                return
            continue
        act(one)
