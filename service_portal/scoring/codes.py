"""The codes of what scoring keeps. Pure."""

from __future__ import annotations

from enum import StrEnum


class SchemeKind(StrEnum):
    """What a scheme is for: the zone's points, of which there is one, or an eligibility."""

    POINTS = "points"
    ELIGIBILITY = "eligibility"


class VersionState(StrEnum):
    """A version is edited as a draft and never changes once it is published."""

    DRAFT = "draft"
    PUBLISHED = "published"


class DisputeState(StrEnum):
    """How far a dispute of an indicator is."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
