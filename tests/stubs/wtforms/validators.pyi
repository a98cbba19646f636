"""What mypy must know of WTForms' validators."""

from typing import Any

from wtforms import BaseForm, Field

class ValidationError(ValueError): ...
class StopValidation(Exception): ...

class Length:
    min: int
    max: int

    def __init__(self, min: int = -1, max: int = -1, message: Any = None) -> None: ...
    def __call__(self, form: BaseForm, field: Field) -> None: ...

def __getattr__(name: str) -> Any: ...
