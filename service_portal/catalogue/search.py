"""Finds services by what people type: Chinese words of two characters, English words with small
mistakes. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from service_portal.catalogue.rules import ServiceDefinition

_WORD = re.compile(r"[a-z0-9&]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_SKIP = {
    "a",
    "an",
    "and",
    "the",
    "for",
    "of",
    "to",
    "my",
    "our",
    "we",
    "i",
    "in",
    "on",
    "need",
    "want",
    "help",
    "with",
    "two",
    "three",
    "some",
}

NAME, KEYWORD, PROVIDER, SUMMARY = 8.0, 6.0, 2.0, 2.0
CLOSE_ENOUGH = 0.82


@dataclass(frozen=True, slots=True)
class Match:
    """A service found, with its score: higher is better."""

    definition: ServiceDefinition
    score: float


def search(services: Iterable[ServiceDefinition], text: str) -> list[Match]:
    """Rank the services that fit a text, best first, ties in catalogue order.

    An empty text finds nothing.
    """
    low = text.lower().strip()
    words = [word for word in _WORD.findall(low) if word not in _SKIP]
    pairs = [run[i : i + 2] for run in _HAN.findall(low) for i in range(len(run) - 1)]
    singles = [run for run in _HAN.findall(low) if len(run) == 1]
    found = []
    for definition in services:
        score = sum(_word_score(word, definition) for word in words)
        score += sum(_han_score(pair, definition) for pair in pairs)
        score += sum(0.5 * _han_score(one, definition) for one in singles)
        if low and (
            low == definition.code.lower()
            or low in (definition.name.zh, definition.name.en.lower())
        ):
            score += 50
        if score > 0:
            found.append(Match(definition, score))
    return sorted(found, key=lambda match: -match.score)


def _word_score(word: str, definition: ServiceDefinition) -> float:
    places = (
        (NAME, _WORD.findall(definition.name.en.lower())),
        (
            KEYWORD,
            [w for keyword in definition.keywords_en for w in _WORD.findall(keyword.lower())],
        ),
        (PROVIDER, _WORD.findall(definition.providers.en.lower())),
        (SUMMARY, _WORD.findall(definition.summary.en.lower())),
    )
    best = 0.0
    for weight, known in places:
        for other in known:
            best = max(best, weight * _likeness(word, other))
    if word in " ".join(definition.keywords_zh).lower():
        best = max(best, KEYWORD)
    return best


def _likeness(word: str, other: str) -> float:
    if word == other:
        return 1.0
    short = min(len(word), len(other))
    if short >= 3 and (other.startswith(word) or word.startswith(other)):
        return 0.8
    if short >= 5 and SequenceMatcher(None, word, other).ratio() >= CLOSE_ENOUGH:
        return 0.6
    return 0.0


def _han_score(pair: str, definition: ServiceDefinition) -> float:
    score = 0.0
    if pair in definition.name.zh:
        score += NAME
    if any(pair in keyword for keyword in definition.keywords_zh):
        score += KEYWORD
    if score == 0 and (pair in definition.summary.zh or pair in definition.providers.zh):
        score += SUMMARY
    return score
