"""How tests set the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

SetClock = Callable[[datetime], None]
