"""A line to PostgreSQL that can be cut at the worst moment: after the server has committed, before
the client hears of it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"


class Line:
    """Passes everything on between a port and the server's socket; while `armed`, it hangs up
    instead of passing on that something was committed.
    """

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.port = 0
        self.armed = False
        self.cuts = 0
        self.loop = asyncio.new_event_loop()
        self.thread = Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self.loop
        ).result(10)
        self.port = server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def _hang_up(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(
        self, client_in: asyncio.StreamReader, client_out: asyncio.StreamWriter
    ) -> None:
        server_in, server_out = await asyncio.open_unix_connection(self.socket)
        await asyncio.gather(
            self._pass_on(client_in, server_out),
            self._pass_back(server_in, client_out),
            return_exceptions=True,
        )

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        sink.close()

    async def _pass_back(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if self.armed and COMMITTED in data:
                self.armed = False
                self.cuts += 1
                sink.transport.abort()
                return
            sink.write(data)
            await sink.drain()
        sink.close()
