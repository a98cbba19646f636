"""Who may ask the scanner now, in this process: a few at once, and nobody just after it failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from service_portal.access.actor import Actor

# Whoever waits has a connection and a thread: few of all there are, and few of those are one's own.
MOST, MOST_OF_ONE_SIDE, MOST_OF_ONE_PERSON = 24, 4, 2
# So long a scanner that failed is not asked again.
PAUSE_SECONDS = 5.0


class ScanTurns:
    """Counts who waits, and remembers how each scanner answered."""

    def __init__(self) -> None:
        """Begin with nobody waiting and nothing known."""
        self._lock, self._asking = Lock(), Lock()
        self._waiting: Counter[str] = Counter()
        self._failed: dict[str, float] = {}
        self._answers: dict[str, tuple[float, bool]] = {}

    @contextmanager
    def taken(self, actor: Actor | None) -> Iterator[bool]:
        """Hold a turn, and say whether one was free."""
        names = _names(actor)
        with self._lock:
            is_free = all(self._waiting[name] < most for name, most in names.items())
            if is_free:
                self._waiting.update(names.keys())
        try:
            yield is_free
        finally:
            if is_free:
                with self._lock:
                    self._waiting.subtract(names.keys())
                    self._waiting = +self._waiting

    def note_failed(self, url: str) -> None:
        """Let a scanner be for a while."""
        self._failed[url] = monotonic()

    def has_just_failed(self, url: str) -> bool:
        """Say whether a scanner is left alone for now."""
        failed = self._failed.get(url)
        return failed is not None and monotonic() - failed < PAUSE_SECONDS

    def remembered(self, url: str, seconds: float, ask: Callable[[], bool]) -> bool:
        """Give an answer that is not older than so many seconds; one asks, others wait for it."""
        with self._asking:
            known = self._answers.get(url)
            if known is None or monotonic() - known[0] >= seconds:
                known = self._answers[url] = (monotonic(), ask())
            return known[1]


def _names(actor: Actor | None) -> dict[str, int]:
    names = {"all": MOST}
    if actor is not None:
        side = (actor.enterprise_id, actor.station_id, actor.institution_id)
        names[f"side {side}"] = MOST_OF_ONE_SIDE
        names[f"person {actor.person_id}"] = MOST_OF_ONE_PERSON
    return names
