"""Managers read the counts."""
