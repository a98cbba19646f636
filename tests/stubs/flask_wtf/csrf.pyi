"""What mypy must know of Flask-WTF's tokens."""

from typing import Any

from werkzeug.exceptions import BadRequest

class CSRFError(BadRequest): ...

def generate_csrf(secret_key: str | None = None, token_key: str | None = None) -> str: ...
def __getattr__(name: str) -> Any: ...
