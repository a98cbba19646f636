"""What mypy must know of Celery, which tells no types."""

from collections.abc import Callable
from typing import Any

class Task:
    name: str
    request: Any

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...

_Task = Task

class Celery:
    Task: type[_Task]
    conf: Any
    tasks: dict[str, _Task]

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __getattr__(self, name: str) -> Any: ...
    def task(self, *args: Any, **options: Any) -> Callable[[Callable[..., Any]], _Task]: ...

def __getattr__(name: str) -> Any: ...
