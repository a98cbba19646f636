"""What mypy must know of WTForms' widgets."""

from typing import Any

def __getattr__(name: str) -> Any: ...
