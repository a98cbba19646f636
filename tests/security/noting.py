"""Notes which fields of a form a view reads, so that each of them can be tried alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict


class Reads:
    """The names that were read; `whole` once somebody went through all that was sent."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.whole = False


@contextmanager
def noting(app: Flask) -> Iterator[Reads]:
    """Let the forms of all requests meanwhile note what is read of them."""
    reads = Reads()

    class Form(ImmutableMultiDict[str, str]):
        def get(self, key: str, *about: Any, **more: Any) -> Any:
            reads.names.add(key)
            return super().get(key, *about, **more)

        def getlist(self, key: str, *about: Any, **more: Any) -> Any:
            reads.names.add(key)
            return super().getlist(key, *about, **more)

        def __getitem__(self, key: str) -> str:
            reads.names.add(key)
            return super().__getitem__(key)

        def __contains__(self, key: object) -> bool:
            reads.names.add(str(key))
            return super().__contains__(key)

        def __iter__(self) -> Iterator[str]:
            reads.whole = True
            return super().__iter__()

        def items(self, multi: bool = False) -> Any:
            reads.whole = True
            return super().items(multi)

    usual = app.request_class

    class Request(usual):  # type: ignore[valid-type, misc]  # the class is only known here
        def _load_form_data(self) -> None:
            super()._load_form_data()
            if not isinstance(self.__dict__["form"], Form):
                self.__dict__["form"] = Form(self.__dict__["form"])

    app.request_class = Request
    try:
        yield reads
    finally:
        app.request_class = usual
