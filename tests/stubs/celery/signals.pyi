"""What mypy must know of Celery's signals."""

from collections.abc import Callable
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

class Signal:
    def connect(self, *, weak: bool = True) -> Callable[[_Function], _Function]: ...

worker_process_init: Signal

def __getattr__(name: str) -> Any: ...
