"""Templates are laid out for people; pages are sent without their indentation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

# White space as HTML sees it: a space that does not break belongs to the text.
_PARTS = re.compile(r"[ \t\r\n]+|<(?=[a-zA-Z/!])|[^ \t\r\n<]+|<")
_IN_TAG = re.compile(r"""[ \t\r\n]+(?=>)|[ \t\r\n]+|["'>]|[^ \t\r\n"'>]+""")


class Compact(Extension):
    """Keeps one character of all white space that stands together in a template, and in a tag one
    space between attributes.

    It is done once, as a template is compiled. HTML reads the same: white space that is shown as it
    stands would have to come from a value, which this leaves alone.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Give the tokens of a template with their white space closed up."""
        closer = _Closer()
        for token in stream:
            if token.type == "data":
                yield Token(token.lineno, "data", closer.close_up(token.value))
            else:
                yield token


class _Closer:
    """Knows from one piece of a template to the next whether it is in a tag, and in which quote."""

    def __init__(self) -> None:
        self.in_tag, self.quote = False, ""

    def close_up(self, text: str) -> str:
        parts: list[str] = []
        at = 0
        while at < len(text):
            found = (_IN_TAG if self.in_tag else _PARTS).match(text, at)
            assert found is not None, "both patterns take every character"
            part, at = found[0], found.end()
            parts.append(self._shown(part, before_end=text[at : at + 1] == ">"))
        return "".join(parts)

    def _shown(self, part: str, *, before_end: bool) -> str:
        if not self.in_tag:
            self.in_tag = part == "<"
            return part if part.strip(" \t\r\n") else ("\n" if "\n" in part else " ")
        if part in ('"', "'"):
            self.quote = "" if self.quote == part else (self.quote or part)
        elif part == ">" and not self.quote:
            self.in_tag = False
        elif not part.strip(" \t\r\n"):
            return "" if before_end and not self.quote else " "
        return part
