"""Properties are tried on the same inputs in every run, so that a red test is red for everybody."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("portal", deadline=None, max_examples=80, derandomize=True, database=None)
settings.load_profile("portal")
