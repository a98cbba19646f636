"""Starts the web server with the product's application made before it makes its processes: they
share that memory, and one that was lost is back without making it anew.
"""

from __future__ import annotations

import gc

from granian.cli import entrypoint

from service_portal.served import app

__all__ = ["app"]

if __name__ == "__main__":
    # A collection that writes to every object would give each process a copy of all.
    gc.collect()
    gc.freeze()
    entrypoint()  # type: ignore[no-untyped-call]  # the library says nothing of its types
