"""A sentence in both languages, for rules and stored reasons that must not depend on a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in English and in Chinese."""

    en: str
    zh: str

    def pick(self, locale: str) -> str:
        """Give the sentence in `locale`; English for any language but Chinese."""
        return self.zh if locale.startswith("zh") else self.en
