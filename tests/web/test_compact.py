"""Pages are sent without the indentation of their templates."""

from __future__ import annotations

from flask import Flask

LAID_OUT = """<ul
  class="lines"
>
  {% if shown %}
    <li
      title="a > b"
      {% if shown %}lang="en"{% endif %}
    >1 < 2   <a>two</a></li>
  {% endif %}
    <li>{{ words }}</li>
</ul>
"""


def test_white_space_that_stands_together_is_one_character(app: Flask) -> None:
    page = app.jinja_env.from_string(LAID_OUT).render(shown=True, words="as  typed\n   here")
    assert page == (
        '<ul class="lines">\n <li title="a > b" lang="en">1 < 2 <a>two</a></li>\n'
        " <li>as  typed\n   here</li>\n</ul>"
    )
