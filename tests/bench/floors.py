"""The floors: three bare inserts by raw psycopg on tables of the usual widths, and a bare Flask
handler. Everything of the product is compared with these.

As a program it drives the inserts: `python -m tests.bench.floors SECONDS CONNECTIONS`
prints one JSON line.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from time import perf_counter, process_time
from typing import Any

import psycopg
from flask import Flask

from tests.bench.metering import Meter

PROCESSES = 2
ENTERPRISES = 500
app = Flask("bare")


@app.get("/ok")
def ok() -> str:
    """Answer, and nothing else."""
    return "ok"


MAKE = f"""
    DROP SCHEMA IF EXISTS floor CASCADE;
    CREATE SCHEMA floor;
    CREATE TABLE floor.org (id int PRIMARY KEY, name text);
    CREATE TABLE floor.agent (id int PRIMARY KEY, name text);
    INSERT INTO floor.org SELECT i, '企业' || i FROM generate_series(1, {ENTERPRISES}) AS i;
    CREATE TABLE floor.tickets (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            public_id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE, org_id int NOT NULL
            REFERENCES floor.org (id),
        requester_id int NOT NULL, service_id int NOT NULL, station_id int NOT NULL,
            title text NOT NULL, body text NOT NULL,
        status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'assigned', 'pending', 'done',
            'closed')), priority smallint NOT NULL DEFAULT 3,
        form jsonb NOT NULL DEFAULT '{{}}', assignee_id int REFERENCES floor.agent (id),
            due_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(), version int NOT NULL DEFAULT 1);
    CREATE INDEX ON floor.tickets (org_id, created_at DESC);
    CREATE INDEX ON floor.tickets (assignee_id, status)
    WHERE status IN ('new', 'assigned', 'pending');
    CREATE INDEX ON floor.tickets (priority, created_at) WHERE status = 'new';
    CREATE INDEX ON floor.tickets USING gin (title gin_trgm_ops);
    CREATE TABLE floor.ticket_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ticket_id bigint NOT NULL
            REFERENCES floor.tickets (id), kind text NOT NULL, actor_id int,
        data jsonb NOT NULL DEFAULT '{{}}', at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX ON floor.ticket_event (ticket_id, at);
    CREATE TABLE floor.outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL,
            payload jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
            sent_at timestamptz);
    CREATE INDEX ON floor.outbox (id) WHERE sent_at IS NULL;
    GRANT USAGE ON SCHEMA floor TO PUBLIC;
    GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA floor TO PUBLIC;
"""

_TICKET = """
    INSERT INTO floor.tickets (org_id, requester_id, service_id, station_id, title, body, priority,
        form, due_at)
    VALUES (%s, %s, 7, 5, '网络故障报修', '办公区三楼交换机无法上网，请尽快处理', 2,
        '{"floor": 3, "device": "switch", "contact": "13800000000"}', now() + interval '4 hours')
    RETURNING id
"""
_EVENT = """
INSERT INTO floor.ticket_event (ticket_id, kind, actor_id, data)
VALUES (%s, 'created', %s, '{"ip": "127.0.0.1"}')
"""
_OUTBOX = (
    "INSERT INTO floor.outbox (topic, payload) VALUES ('ticket.created', jsonb_build_object('id',"
    " %s::bigint))"
)


def three_inserts(connection: psycopg.Connection[Any], org: int) -> None:
    """Write a ticket, its first event and an outbox row in one transaction."""
    with connection.transaction():
        row = connection.execute(_TICKET, (org, org * 3)).fetchone()
        assert row is not None
        connection.execute(_EVENT, (row[0], org))
        connection.execute(_OUTBOX, (row[0],))


def _insert(connection: psycopg.Connection[Any], until: float, done: list[int]) -> None:
    while perf_counter() < until:
        three_inserts(connection, random.randint(1, ENTERPRISES))
        done.append(1)


def _child(dsn: str, seconds: float, connections: int) -> None:
    """Insert over some connections, each a thread; say transactions, seconds and processor seconds;
    keep the connections until told to go.
    """
    done: list[int] = []
    opened = [psycopg.connect(dsn, autocommit=True) for _ in range(connections)]
    begun, used = perf_counter(), process_time()
    threads = [
        threading.Thread(target=_insert, args=(connection, begun + seconds, done))
        for connection in opened
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(
        json.dumps(
            {"done": len(done), "seconds": perf_counter() - begun, "cpu": process_time() - used}
        ),
        flush=True,
    )
    sys.stdin.read()


def run_inserts(dsn: str, meter: Meter, *, seconds: float, connections: int) -> dict[str, float]:
    """Insert from two processes, as the web has two, and give the rate and the processor
    milliseconds of client and database.
    """
    command = [
        sys.executable,
        "-m",
        "tests.bench.floors",
        str(seconds),
        str(connections // PROCESSES),
    ]
    before = meter.read()
    running = [
        subprocess.Popen(
            command,
            env={**os.environ, "FLOOR_URL": dsn},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    results = [json.loads(process.stdout.readline()) for process in running if process.stdout]
    database = meter.read().since(before).database
    for process in running:
        process.communicate()
    done = sum(result["done"] for result in results)
    return {
        "rate": sum(result["done"] / result["seconds"] for result in results),
        "application_ms": 1000 * sum(result["cpu"] for result in results) / done,
        "database_ms": 1000 * database / done,
    }


if __name__ == "__main__":
    _child(os.environ["FLOOR_URL"], float(sys.argv[1]), int(sys.argv[2]))
