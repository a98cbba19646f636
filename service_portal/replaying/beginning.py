"""What is wrong with the words of a replay, or with its log, before anything is made for it.

With the standard library alone: the launcher runs it as a program, before there are libraries.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import NoReturn

from service_portal.replaying.logs import FORMATS, Unreadable, read_log

USAGE = "./portal replay FILE --format uci|boston [--speed N|max] [--limit N]"


class _Words(ArgumentParser):
    """Reads the words and says in one sentence what is wrong with them."""

    def error(self, message: str) -> NoReturn:
        """Leave with the sentence, and how it is called."""
        sys.exit(f"{message[:1].upper()}{message[1:]}\nUsage: {USAGE}")


def speed_of(text: str) -> float | None:
    """Read how many times faster than in the log it runs; None is as fast as it goes."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise ArgumentTypeError(
            "Give how many times faster than in the log it runs, such as 3600, or max."
        )
    return speed


def format_of(text: str) -> str:
    """Read which format the log has."""
    if text not in FORMATS:
        there = " and ".join(sorted(FORMATS))
        raise ArgumentTypeError(f"There is no format “{text}”; there are {there}.")
    return text


def _whole_number(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError("Give a whole number of cases, such as 100.")
    return int(text)


def _read(words: Sequence[str]) -> Namespace:
    parser = _Words(prog="./portal replay", usage=USAGE, allow_abbrev=False)
    parser.add_argument("file", type=Path)
    parser.add_argument("--format", required=True, type=format_of)
    parser.add_argument("--speed", type=speed_of)
    parser.add_argument("--limit", type=_whole_number)
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Say what is wrong, and give 1; nothing and 0 when it can be played."""
    said = _read(words)
    try:
        # Which zone the times are of is nothing that a log could be wrong about.
        read_log(said.file, said.format, zone=UTC, limit=said.limit)
    except Unreadable as error:
        sys.exit(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
