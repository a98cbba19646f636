"""Parts of a page that everybody in the same part sees alike: rendered once in each language and
kept, because every page has them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from markupsafe import Markup

from service_portal.web.language import language


def init_fragments(app: Flask) -> None:
    """Give the templates `{% call same_for("menu", actor.role, …) %}`."""
    kept: dict[tuple[Any, ...], Markup] = {}

    @app.template_global()
    def same_for(*what: Any, caller: Callable[[], Markup]) -> Markup:
        """Give what stands between call and endcall, which may depend on nothing but `what`, the
        language and the settings.
        """
        key = (language(), *what)
        known = kept.get(key)
        if known is None:
            known = kept[key] = caller()
        return known
