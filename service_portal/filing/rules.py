"""Is a request one that was asked before; and what identifies a repeated sending. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

DUPLICATE_WINDOW = timedelta(days=30)
ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Earlier:
    """A ticket of the same enterprise and service, with the words it can be found by, and whether
    the asker may open it.
    """

    ticket_id: int
    reference: str
    title: str
    tokens: frozenset[str]
    readable: bool = True


def likeness(one: Iterable[str], other: Iterable[str]) -> float:
    """Say how alike two sets of words are: shared words over all words, from 0 to 1."""
    first, second = set(one), set(other)
    union = first | second
    return len(first & second) / len(union) if union else 0.0


def most_alike(tokens: Iterable[str], earlier: Iterable[Earlier]) -> Earlier | None:
    """Find the earlier ticket that is most like a new one, if any is half alike; the newest wins a
    tie.
    """
    words = set(tokens)
    best, best_score = None, ALIKE
    for ticket in earlier:
        score = likeness(words, ticket.tokens)
        if score > best_score or (score == best_score and best is None):
            best, best_score = ticket, score
    return best


def warned_of(
    tokens: Iterable[str], earlier: Iterable[Earlier], *, of_the_enterprise: bool
) -> Earlier | None:
    """Find the earlier ticket a new one is warned of: one its asker may open, if there is any.

    Of one they may not open the enterprise's own people learn that it is there, and nothing
    else; to others it is as if there were none.
    """
    words, known = set(tokens), list(earlier)
    found = most_alike(words, [ticket for ticket in known if ticket.readable])
    return found or (most_alike(words, known) if of_the_enterprise else None)


def request_hash(values: Mapping[str, Any]) -> bytes:
    """Digest a request so that a repeated key with other content is noticed."""
    return sha256(
        json.dumps(values, sort_keys=True, ensure_ascii=False, default=str).encode()
    ).digest()
