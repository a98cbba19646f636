"""Tells people; listens only."""
