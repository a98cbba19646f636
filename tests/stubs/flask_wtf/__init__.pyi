"""What mypy must know of Flask-WTF, which tells no types."""

from typing import Any

from wtforms import Form

class FlaskForm(Form):
    def validate_on_submit(self, **options: Any) -> bool: ...
    def hidden_tag(self, *fields: str) -> Any: ...

def __getattr__(name: str) -> Any: ...
