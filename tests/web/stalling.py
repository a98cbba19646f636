"""Holds as many connections to a port as 200 addresses get, each stalled after the same start."""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys
import time

ADDRESSES, TOGETHER = 200, 1500


def hold(port: int, begun: bytes) -> None:
    """Open connections without end, and another one whenever one is closed."""
    held, number, waiting = selectors.DefaultSelector(), 0, set[socket.socket]()
    while True:
        while len(held.get_map()) < TOGETHER:
            number += 1
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setblocking(False)
            client.bind((f"127.0.1.{1 + number % ADDRESSES}", 0))
            client.connect_ex(("127.0.0.1", port))
            held.register(client, selectors.EVENT_WRITE)
            waiting.add(client)
        for key, _events in held.select(0.1):
            one = key.fileobj
            assert isinstance(one, socket.socket)
            if one in waiting:
                waiting.discard(one)
                with contextlib.suppress(OSError):
                    one.send(begun)
                held.modify(one, selectors.EVENT_READ)
            elif _is_closed(one, begun):
                held.unregister(one)
                one.close()
        # Requests that are whole cost an answer each: more of them would be a flood, not a stall.
        time.sleep(0.25 if begun.startswith(b"GET") else 0.02)


def _is_closed(one: socket.socket, begun: bytes) -> bool:
    try:
        if begun.startswith(b"GET /long"):
            # Whoever does not read sees the end only where nothing is left to read.
            return one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != 1
        return one.recv(1000) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


if __name__ == "__main__":
    hold(int(sys.argv[1]), bytes.fromhex(sys.argv[2]))
