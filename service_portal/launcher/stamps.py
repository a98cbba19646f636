"""Stamps: a step is done again only when its sources have changed."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path


def digest(*paths: Path) -> str:
    """Fingerprint files by name and content; one that is missing counts as such."""
    seen = sha256()
    for path in paths:
        seen.update(
            path.name.encode()
            + b"\0"
            + (path.read_bytes() if path.is_file() else b"missing")
            + b"\0"
        )
    return seen.hexdigest()[:20]


def glance(paths: Iterable[Path]) -> str:
    """Fingerprint many files by name, size and time of change, without reading them."""
    seen = sha256()
    for path in sorted(paths):
        about = path.stat()
        seen.update(f"{path}\0{about.st_size}\0{about.st_mtime_ns}\0".encode())
    return seen.hexdigest()[:20]


def words(*texts: str) -> str:
    """Fingerprint some texts."""
    return sha256("\0".join(texts).encode()).hexdigest()[:20]


def is_done(mark: Path, fingerprint: str) -> bool:
    """Say whether a step was done for exactly this state of its sources."""
    try:
        return mark.read_text() == fingerprint
    except OSError:
        return False


def done(mark: Path, fingerprint: str) -> None:
    """Note that a step was done for this state of its sources."""
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(fingerprint)
